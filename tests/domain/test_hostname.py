from __future__ import annotations

import pytest

from shortlink.domain import hostname
from shortlink.domain.hostname import MAX_LENGTH, is_latin, to_ascii
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


def test_a_name_that_is_too_long_only_in_ascii_is_no_host() -> None:
    fits, too_long = (".".join(["日本語"] * labels) + ".jp" for labels in (16, 17))
    assert len(to_ascii(fits) or "") == 242
    assert to_ascii(too_long) is None


@pytest.mark.parametrize("letter", "aé\u036fḀệỿ")
def test_letters_of_the_latin_script_stand_in_one_word_with_ascii(letter: str) -> None:
    assert is_latin(letter)


@pytest.mark.parametrize("letter", "\u0370ж日ᷞ\u1dffἀ")
def test_letters_of_another_script_do_not(letter: str) -> None:
    assert not is_latin(letter)
