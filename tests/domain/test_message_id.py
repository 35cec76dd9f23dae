"""Message ids hold their link's code and can be taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlink.domain.code import CODE_LENGTHS, CodeMint
from shortlink.domain.message_id import (
    _LETTER_OF_BYTE,
    _UNEVEN_BYTES,
    kept_tail,
    message_id,
    new_message_id,
    split_message_id,
    whole_tail,
)

MINTS = {length: CodeMint("a salt", length) for length in CODE_LENGTHS}


@given(st.sampled_from(CODE_LENGTHS))
def test_a_message_id_can_be_taken_apart(length: int) -> None:
    code = MINTS[length].draw()

    identifier = new_message_id(code)
    split = split_message_id(identifier)

    assert len(identifier) == 32
    assert identifier.isalnum()
    assert identifier.isascii()
    assert split is not None
    assert split[0] == code
    assert message_id(*split) == identifier


def test_two_ids_of_one_code_differ() -> None:
    code = MINTS[9].draw()

    assert new_message_id(code) != new_message_id(code)


def test_every_letter_is_equally_likely() -> None:
    drawn = Counter(bytes(range(256)).translate(_LETTER_OF_BYTE, _UNEVEN_BYTES).decode())

    assert len(drawn) == 62
    assert set(drawn.values()) == {4}


def test_uneven_bytes_are_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([bytes(range(248, 256)) * 7 + b"\x00" * 8, b"\xff" + bytes(range(63))])
    monkeypatch.setattr("secrets.token_bytes", lambda count: next(draws)[:count])

    assert new_message_id("7gbpv6YAK")[11:27] == "0123456789ABCDEF"  # ours begin with digits, then capitals


@pytest.mark.parametrize(
    ("code", "kept", "identifier"),
    [
        ("7gbpv6YA", "0" * 17, "b87gbpv6YA00000000000000000t3MQg"),
        ("7gbpv6YAK", "5ejmSOuFDoiZlHxB", "l97gbpv6YAK5ejmSOuFDoiZlHxBm0k2T"),
        ("7gbpv6YAKbcd", "0" * 13, "jc7gbpv6YAKbcd0000000000000w25UU"),
    ],
)
def test_what_was_left_out_of_an_id_in_the_store_follows_from_the_rest_for_ever(
    code: str, kept: str, identifier: str
) -> None:
    """Another way to make it would give every message in the store another id than its client has."""
    assert message_id(code, whole_tail(code, kept)) == identifier
    assert kept_tail(code, identifier[2 + len(code) :]) == kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda identifier: "",
        lambda identifier: identifier[:-1],
        lambda identifier: identifier + "a",
        lambda identifier: identifier + "\n",
        lambda identifier: identifier[:-1] + "-",
        lambda identifier: identifier[:-1] + "あ",
        lambda identifier: identifier[0] + "7" + identifier[2:],
        lambda identifier: identifier[0] + "d" + identifier[2:],
        lambda identifier: identifier[0].upper() + identifier[1:],
        lambda identifier: ("b" if identifier[0] == "a" else "a") + identifier[1:],
    ],
)
def test_a_spoilt_message_id_is_not_ours(spoil: Callable[[str], str]) -> None:
    identifier = new_message_id(MINTS[9].draw())

    assert split_message_id(identifier) is not None
    assert split_message_id(spoil(identifier)) is None


@pytest.mark.parametrize(("code", "tail"), [("", ""), ("a" * 7, "a" * 23), ("a" * 13, "a" * 17), ("a" * 9, "a" * 20)])
def test_parts_of_a_wrong_length_make_no_message_id(code: str, tail: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        message_id(code, tail)


@given(st.text(max_size=40) | st.from_regex(r"[a-p][89a-c][0-9A-Za-z]{30}", fullmatch=True))
def test_taking_apart_never_fails_and_loses_nothing(text: str) -> None:
    split = split_message_id(text)

    if split is not None:
        assert message_id(*split) == text
