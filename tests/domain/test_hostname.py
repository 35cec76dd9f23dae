from __future__ import annotations

import pytest

from shortlink.domain import hostname
from shortlink.domain.hostname import MAX_LENGTH, to_ascii
from shortlink.domain.url_finder import find_link

CACHE = hostname._to_ascii


def test_what_was_asked_before_is_answered_from_memory() -> None:
    to_ascii("asked-twice.example")
    before = CACHE.cache_info()
    assert to_ascii("asked-twice.example") == "asked-twice.example"
    assert CACHE.cache_info().hits == before.hits + 1


@pytest.mark.parametrize("text", ["https://" + "a" * 60_000, "https://" + "例" * 60_000])
def test_the_memory_of_hosts_never_keeps_what_is_too_long_for_one(text: str) -> None:
    find_link(text)
    before = CACHE.cache_info()
    find_link(text + text[-1])
    assert CACHE.cache_info().misses == before.misses


def test_the_longest_name_is_a_host_and_a_longer_one_is_none() -> None:
    longest = ".".join(["a" * 62] * 3 + ["b" * 60, "com"])
    assert len(longest) == MAX_LENGTH
    assert to_ascii(longest) == longest
    assert to_ascii(f"a{longest}") is None
