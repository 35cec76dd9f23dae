"""The words by which people opt out and in."""

from __future__ import annotations

import pytest

from shortlink.domain.opt_out import Wish, number_digest, read_wish


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Stop!", "ＳＴＯＰ", "STOPALL", "stop all", "Unsubscribe", "停止", "配信停止。"]
)
def test_a_keyword_alone_opts_out_in_any_spelling(text: str) -> None:
    assert read_wish(text) is Wish.STOP


@pytest.mark.parametrize(
    ("text", "wish"), [("Start", Wish.START), ("UNSTOP", Wish.START), ("YES", Wish.START), ("help?", Wish.HELP)]
)
def test_words_that_opt_in_or_ask_for_help(text: str, wish: Wish) -> None:
    assert read_wish(text) is wish


@pytest.mark.parametrize(
    "text", ["", "!", "please stop the bus at 7", "don't stop", "stopp", "yes please", "停止しないで"]
)
def test_a_keyword_within_a_text_is_no_wish(text: str) -> None:
    assert read_wish(text) is None


def test_a_digest_hangs_on_number_and_key() -> None:
    made = number_digest("+818011234567", b"k" * 32)
    assert made == number_digest("+818011234567", b"k" * 32)
    assert len({made, number_digest("+818011234568", b"k" * 32), number_digest("+818011234567", b"j" * 32)}) == 3
