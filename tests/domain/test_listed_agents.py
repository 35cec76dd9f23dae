"""How the patterns of the list are read: most as words, the others as the expressions that they are."""

from __future__ import annotations

import re

import pytest

from shortlink.domain.agent_kind import AgentKind
from shortlink.domain.listed_agents import _read, _rule

TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "a.b/c",
    "axb/c",
    "a1",
    "ad",
    "a\nb",
    "xa",
    "b a",
    "a b",
    "a$",
    "^a",
    "a|b",
    "(a)",
]


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"a\d", "[ab]b", "(a)b", "a{2}", "ba*", "a+b", "ba?$", "aab|ad", "^a", "a$", "a.b", "^b|aab"),
        *(r"a[\s\S]*b", r"^a[\s\S]*b", r"b[\s\S]*a", r"a\.[\s\S]*\/c", r"[ab][\s\S]*b"),
    ],
)
def test_an_expression_is_in_what_it_matches(pattern: str) -> None:
    listed = _read(AgentKind.SCANNER, pattern)

    assert listed.word == ""
    assert [text for text in TEXTS if listed.is_in(text)] == [text for text in TEXTS if re.search(pattern, text)]


@pytest.mark.parametrize(
    ("pattern", "word"), [("ab", "ab"), (r"a\.b\/c", "a.b/c"), (r"\(a\)", "(a)"), (r"a\|b", "a|b"), (r"\^a", "^a")]
)
def test_a_pattern_without_anything_special_is_a_word(pattern: str, word: str) -> None:
    listed = _read(AgentKind.SCANNER, pattern)

    assert (listed.word, listed.parts) == (word, ())
    assert [text for text in TEXTS if listed.is_in(text)] == [text for text in TEXTS if word in text]


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("[wW]get", "agent:wget"),
        (r"Acme\/", "agent:acme"),
        (r"^Acme \d\.Bot", "agent:acme-bot"),
        ("a[.]b", "agent:a-b"),
    ],
)
def test_a_rule_is_named_by_the_words_of_its_pattern(pattern: str, rule: str) -> None:
    assert _rule(pattern) == rule
