"""A number in an address says nothing to whoever has not the key and the session."""

from __future__ import annotations

import pytest

from shortlink.domain.sealed_number import open_number, seal_number

KEY = b"k" * 32


def test_sealed_number_is_opened_by_its_own_session_alone() -> None:
    for digits in ("8", "8180", "818012345678", "9" * 15):
        sealed = seal_number(digits, nonce="one", key=KEY)
        assert open_number(sealed, nonce="one", key=KEY) == digits
        assert open_number(sealed, nonce="two", key=KEY) is None
        assert open_number(sealed, nonce="one", key=b"o" * 32) is None


def test_sealed_numbers_have_one_length_and_nothing_in_common() -> None:
    sealed = [seal_number(digits, nonce="one", key=KEY) for digits in ("8", "81", "818012345678", "818012345679")]
    assert {len(one) for one in sealed} == {64}
    for place, one in enumerate(sealed):
        assert all(one[:8] != other[:8] and one[-8:] != other[-8:] for other in sealed[place + 1 :])


def test_every_changed_letter_breaks_the_seal() -> None:
    sealed = seal_number("818012345678", nonce="one", key=KEY)
    for place in range(len(sealed)):
        for letter in "0fA~":
            changed = sealed[:place] + letter + sealed[place + 1 :]
            if changed != sealed:
                assert open_number(changed, nonce="one", key=KEY) is None, place


@pytest.mark.parametrize("digits", ["", "1" * 16, "81 80", "+81", "８１", "x"])
def test_only_digits_are_sealed(digits: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        seal_number(digits, nonce="one", key=KEY)


@pytest.mark.parametrize("sealed", ["", "x", "0" * 63, "0" * 64, "0" * 65, "é" * 64, "A" * 64, " " * 64])
def test_what_was_never_sealed_is_not_opened(sealed: str) -> None:
    assert open_number(sealed, nonce="one", key=KEY) is None
