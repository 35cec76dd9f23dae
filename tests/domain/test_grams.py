from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlink.domain.grams import GramIndex, _as_integers
from shortlink.domain.listed_agents import _EVERYDAY, read_list

# One of each thing that an expression may hold.
ODD = [
    *("abc", "", "^abcd", "abcd|efgh", "abcd|ef", r"ab\|cd", "ab?cdef", "abcde*", "[aA]b[cC]d", "[a-z]bcd"),
    *("abcd{2,9}e", "(abcd)?efgh", "(abcd|efgh)x", "((ab|cd)efgh)?", "(?i)abcd", "abcd(?=efgh)", r"\(abcd\) [)]"),
    *(r"\\|abcd", "ab[^c]d", "abcd[xyz]{0,4}", "abcd[w|x]efgh", "a.cdefg+h", r"ab\d\.efgh?"),
    *("ab(x)cd", "ab(x|yz)?cd"),
]


@pytest.mark.parametrize("pattern", ODD)
@given(st.data(), st.text("abcdefgh(ABCD", max_size=9))
def test_a_text_that_a_pattern_matches_is_never_ruled_out(pattern: str, data: st.DataObject, around: str) -> None:
    text = data.draw(st.from_regex(pattern, alphabet=st.characters(codec="ascii")))

    assert GramIndex([pattern], "").candidates(text) == [0]
    if re.search(pattern, around):
        assert GramIndex([pattern], "").candidates(around) == [0]


@pytest.mark.parametrize("text", ["abcd", "xabcd", "xxabcd", "xxxabcd", "☃abcdx", "abcd\udc80", "\U0001f600abcd" * 3])
def test_a_gram_is_found_wherever_it_begins(text: str) -> None:
    assert GramIndex(["none", "abcd", "xyz"], "").candidates(text) == [1, 2]


def test_each_gram_of_a_word_has_to_be_there() -> None:
    assert GramIndex(["abcdefgh"], "").candidates("abcd efgh cdef") == []


def test_of_alternatives_one_has_to_be_there() -> None:
    assert GramIndex(["abcd|efgh"], "").candidates("nothing of it") == []


def test_what_was_asked_before_changes_nothing() -> None:
    index = GramIndex(["abcd", "abc"], "")
    assert [index.candidates("abcd"), index.candidates("none")] == [[0, 1], [1]]


def test_a_pattern_is_known_by_what_few_others_hold() -> None:
    index = GramIndex(["robot-abcd", "robot-efgh", "robot-ijkl"], "")

    assert index._known.isdisjoint(_as_integers("robo" + "obot" + "bot-"))


def test_a_pattern_is_not_known_by_what_everybody_says() -> None:
    index = GramIndex(["Mozilla/5.0 robot"], "Mozilla/5.0 robin")

    assert index._known <= set(_as_integers("robo" + "obot"))


def test_of_the_list_an_everyday_agent_meets_next_to_nothing() -> None:
    index = GramIndex([listed.pattern for listed in read_list().patterns], _EVERYDAY)

    assert len(index.candidates(_EVERYDAY)) <= 8  # words of three letters, which have no gram
