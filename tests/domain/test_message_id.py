"""Message ids hold their link's code and can be taken apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlink.domain.code import CODE_LENGTHS, CodeMint
from shortlink.domain.message_id import message_id, new_message_id, split_message_id

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
