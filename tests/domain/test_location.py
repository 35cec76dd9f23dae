from __future__ import annotations

import pytest

from shortlink.domain.location import location_of


@pytest.mark.parametrize(
    "target",
    [
        "http://example.com",
        "https://example.com:8443/a/b;c=1,2?x=1&y=%20%2B+~'()*!$@[]#frag",
        "https://example.com/%E3%81%82%2f%2F%25?sig=a%2Bb%3D%3D",
        "HTTP://EXAMPLE.COM/%zz%",
        "http://[::1]:80/",
        "https://example.com./x",
    ],
)
def test_what_a_header_can_carry_stays_byte_for_byte(target: str) -> None:
    assert location_of(target) == target


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://例え.jp", "https://xn--r8jz45g.jp"),
        ("https://例え.jp:8080/", "https://xn--r8jz45g.jp:8080/"),
        ("http://bücher.example/ß", "http://xn--bcher-kva.example/%C3%9F"),
        ("https://straße.de/", "https://xn--strae-oqa.de/"),
        ("https://example.com/道/%E9%81%93?q=値 x", "https://example.com/%E9%81%93/%E9%81%93?q=%E5%80%A4%20x"),
        ('https://example.com/a"b<c>{d}|e\\f^g`h', "https://example.com/a%22b%3Cc%3E%7Bd%7D%7Ce%5Cf%5Eg%60h"),
        ("https://EXAMPLE.com/é", "https://EXAMPLE.com/%C3%A9"),
        ("https://example.com/🎉", "https://example.com/%F0%9F%8E%89"),
        ("https://example.com/é#ü", "https://example.com/%C3%A9#%C3%BC"),
        ("https://日本語.jp/ぱす", "https://xn--wgv71a119e.jp/%E3%81%B1%E3%81%99"),
        ("https://example.com/検索?q=東京#か", "https://example.com/%E6%A4%9C%E7%B4%A2?q=%E6%9D%B1%E4%BA%AC#%E3%81%8B"),
        ("http://bücher.de/straße", "http://xn--bcher-kva.de/stra%C3%9Fe"),
        ("https://bücher.de.:8080/", "https://xn--bcher-kva.de.:8080/"),
        ("https://example.com./é", "https://example.com./%C3%A9"),
        ("not a url é", "not%20a%20url%20%C3%A9"),
    ],
)
def test_the_rest_is_encoded(target: str, location: str) -> None:
    assert location_of(target) == location


@pytest.mark.parametrize("inside", ["\r\nSet-Cookie: a=1", "\n", "\x00", "\t", "\u2028", "\x85"])
@pytest.mark.parametrize("where", ["https://a.example/{}", "https://a.example{}/", "https://é.example{}/", "{}"])
def test_nothing_ends_the_header(inside: str, where: str) -> None:
    location = location_of(where.format(inside))
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
