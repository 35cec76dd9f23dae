"""The words by which people opt out and in."""

from __future__ import annotations

import pytest

from shortlink.domain.opt_out import Wish, number_digest, read_wish, spellings

KEY = b"k" * 32


WORDS = {
    Wish.STOP: (
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("停止", "配信停止", "配信停止希望", "ストップ", "解除"),
    ),
    Wish.START: ("start", "yes", "unstop", "subscribe", "再開", "配信再開"),
    Wish.HELP: ("help", "info", "ヘルプ"),
}


@pytest.mark.parametrize(("word", "wish"), [(word, wish) for wish, words in WORDS.items() for word in words])
def test_each_word_alone_is_a_wish(word: str, wish: Wish) -> None:
    assert read_wish(word) is wish


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Stop!", "ＳＴＯＰ", "Opt-Out", "STOP  ALL", "ｽﾄｯﾌﾟ", "配信停止。"])
def test_a_keyword_alone_opts_out_in_any_spelling(text: str) -> None:
    assert read_wish(text) is Wish.STOP


@pytest.mark.parametrize(
    "text",
    ["", "!", "please stop the bus at 7", "don't stop", "stopp", "yes please", "stop 1", "STOP24", "停止しないで"],
)
def test_a_keyword_within_a_text_is_no_wish(text: str) -> None:
    assert read_wish(text) is None


def test_a_digest_hangs_on_number_and_key() -> None:
    made = number_digest("+818011234567", KEY)
    assert made == number_digest("+818011234567", KEY)
    assert len({made, number_digest("+818011234568", KEY), number_digest("+818011234567", b"j" * 32)}) == 3


def test_a_digest_never_moves() -> None:
    """These are in stores: a change here would write to people who said stop."""
    assert number_digest("+818011234567", KEY) == "db9012826b84b5c400aa2893"


@pytest.mark.parametrize(
    ("written", "other"),
    [
        *(("+541123456789", "+5491123456789"), ("+525512345678", "+5215512345678")),
        *(("+541190123456", "+5491190123456"), ("+525590123456", "+5215590123456")),
    ],
)
def test_a_phone_whose_number_is_written_in_two_ways_has_one_digest(written: str, other: str) -> None:
    assert number_digest(written, KEY) == number_digest(other, KEY)
    assert spellings(written) == spellings(other) == (written, other)


@pytest.mark.parametrize(
    "number",
    [
        *("+5491234567", "+549112345678", "+15491123456789", "+54911234567890"),
        *("+521551234567", "+52155123456789", "+819011234567"),
    ],
)
def test_no_other_number_loses_a_digit(number: str) -> None:
    shorter = {number[:place] + number[place + 1 :] for place in range(1, len(number))}
    assert number_digest(number, KEY) not in {number_digest(one, KEY) for one in shorter}
    assert {number_digest(one, KEY) for one in spellings(number)} == {number_digest(number, KEY)}
