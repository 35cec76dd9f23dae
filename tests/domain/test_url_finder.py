"""Which link of a text is found, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shortlink.domain.url_finder import find_link
from tests.domain.marked_texts import FOUND, NOT_FOUND, OWN


@pytest.mark.parametrize("marked", FOUND)
def test_the_link_is_found_exactly(marked: str) -> None:
    before, _, rest = marked.partition("⟦")
    written, _, after = rest.partition("⟧")

    found = find_link(before + written + after, own_hosts=OWN)

    assert found is not None
    assert (found.start, found.end, found.written) == (len(before), len(before) + len(written), written)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_a_link_is_left_alone(text: str) -> None:
    assert find_link(text, own_hosts=OWN) is None
    assert find_link(f"前文 {text} 後文", own_hosts=OWN) is None


def test_a_link_is_only_ours_when_the_host_says_so() -> None:
    assert find_link("https://sho.rt.example.com/a", own_hosts=OWN) is not None
    assert find_link("https://not-sho.rt/a", own_hosts=OWN) is not None
    assert find_link("https://sho.rt/a") is not None


@pytest.mark.parametrize("text", ["https://BÜCHER.example.de/x", "BÜCHER.example.de/x"])
def test_an_international_host_of_ours_may_be_named_as_it_is_read(text: str) -> None:
    assert find_link(text, own_hosts=frozenset({"bücher.example.de"})) is None


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("https://a.example.com/x", "a.example.com:443"),
        ("http://a.example.com/x", "a.example.com:80"),
        ("a.example.com/x", "a.example.com:80"),
        ("a.example.com/x", "a.example.com:443"),
        ("https://a.example.com:8443/x", "a.example.com:8443"),
        ("a.example.com:8443/x", "a.example.com:8443"),
    ],
)
def test_the_default_port_counts_as_written(text: str, own: str) -> None:
    assert find_link(text, own_hosts=frozenset({own})) is None
    assert find_link(text, own_hosts=frozenset({own + "0"})) is not None


marks = "aZ1.:/?#@%\\&=-_,;!'\"()[]<>{}|^~*+$ \n\t\u3000。日éー\u0301\u200cя\x00\u200b😀"
words = "http:// https:// HTTPS:// www. .com .jp example localhost 127.0.0.1 :80 xn--"
pieces = st.sampled_from([*marks, *words.split()])
texts = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=25).map("".join))


@given(texts)
@example("https://example.com\ud800")
@example("\ud800.jp")
def test_the_rest_of_the_text_stays_as_it_is(text: str) -> None:
    found = find_link(text, own_hosts=OWN)

    if found is not None:
        assert text[: found.start] + found.written + text[found.end :] == text
        assert found.written
        assert not set(found.written) & set(" \t\r\n\v\f\u3000\\")
        assert found.written[-1] not in ".,;:!?'\""


@given(texts)
def test_a_found_link_is_found_again_when_it_stands_alone(text: str) -> None:
    found = find_link(text)

    if found is not None:
        again = find_link(found.written)
        assert again is not None
        assert again.written == found.written


local_parts = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,12}", fullmatch=True)
domains = st.sampled_from(["example.com", "mail.example.co.jp", "日本語.jp", "t.co", "sub.example.museum"])
glue = st.sampled_from(["", " ", "\n", "　", "は", "「", "」", "(", ")", "<", ">", ",", ".", ";", "、", "。"])


@given(st.lists(st.tuples(glue, local_parts, domains, glue), min_size=1, max_size=4))
def test_nothing_is_ever_found_inside_an_email_address(mails: list[tuple[str, str, str, str]]) -> None:
    text = "".join(f"{before}{local}@{domain}{after}" for before, local, domain, after in mails)

    assert find_link(text) is None


HOSTILE = [
    "a.",
    "https://",
    "(",
    ")",
    "https://)",
    "http://あ",
    "あ.",
    "[(<",
    ".",
    "a@b.c ",
    "a.b ",
    "https://あ.あ",
    "://",
    "%",
    ":1",
    "é",
    "日",
    "/日",
    "ア(",
    "é\u200c",
    "https://a.jp/é)",
    "https://é",
    "a.jp/é ",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(10)
def test_a_long_hostile_text_is_read_in_one_pass(piece: str) -> None:
    """64 KiB of it would take minutes if any rule were quadratic; the limit is far from what it takes."""
    for start, end in [("", ""), ("https://example.com/", ""), ("", "@"), ("https://", "\\")]:
        text = start + (piece * 65536)[:65536] + end
        found = find_link(text)
        assert found is None or text[found.start : found.end] == found.written


def test_no_word_behind_the_bound_is_looked_at() -> None:
    text = "see it at a.test and https://shop.test/x"
    begin = text.index("https")
    assert find_link(text, until=begin) == find_link(text)
    assert find_link(text, until=begin - 1) is None
