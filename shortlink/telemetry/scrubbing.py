"""Take out of what leaves the house whatever must not: numbers, tokens, secrets, signatures, queries."""

from __future__ import annotations

import re
from typing import Any

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:slk|whsec)_[A-Za-z0-9+/=_-]+"), "[secret]"),
    (re.compile(r"\bv1,[A-Za-z0-9+/=]{20,}"), "[signature]"),
    (re.compile(r"(?i)\b(?:basic|bearer)\s+[A-Za-z0-9+/=._~-]{6,}"), "[credentials]"),
    (re.compile(r"(?<=://)[^/\s@]+@"), "[credentials]@"),
    (re.compile(r"(https?://[^\s?#'\"]+)[?#][^\s'\"]*"), r"\1?[query]"),
    (re.compile(r"\+?\d[\d -]{6,17}\d"), "[number]"),
)


def scrub(text: str) -> str:
    """Replace what looks like a number, a secret or a query by a word in brackets."""
    for pattern, word in _PATTERNS:
        text = pattern.sub(word, text)
    return text


def scrub_all(value: Any) -> Any:
    """Scrub every text in nested lists and objects; keys stay."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: scrub_all(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrub_all(inner) for inner in value]
    return value
