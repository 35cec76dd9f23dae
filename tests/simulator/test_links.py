"""Links in a body are found as a handset would underline them."""

from __future__ import annotations

import pytest

from shortlink.simulator.links import find_links, split_links


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("", []),
        ("no link, https:// alone, www.example.com", []),
        ("https://a.example/x", ["https://a.example/x"]),
        ("予約はhttps://a.example/xから", ["https://a.example/x"]),
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("see (https://a.example/x)!", ["https://a.example/x"]),
        ("see https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ('"https://a.example/x"', ["https://a.example/x"]),
        ("HTTPS://A.EXAMPLE/x and http://b.example", ["HTTPS://A.EXAMPLE/x", "http://b.example"]),
        ("javascript:alert(1) ftp://a.example/ file:///x", []),
    ],
)
def test_links_end_where_the_text_begins(body: str, links: list[str]) -> None:
    assert find_links(body) == links


def test_pieces_make_up_the_whole_body() -> None:
    body = "One http://a.example/, two\nhttps://b.example/?c=d. End"
    assert "".join(text for text, _ in split_links(body)) == body
