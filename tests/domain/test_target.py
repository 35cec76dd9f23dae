"""Hosts that are denied, and hosts of public shorteners."""

from __future__ import annotations

import pytest

from shortlink.domain.hostname import to_ascii
from shortlink.domain.target import PUBLIC_SHORTENERS, host_of, is_covered, parse_hosts
from shortlink.domain.url_finder import find_link


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://EXAMPLE.com/Path", "example.com"),
        ("http://example.com:8080?x=https://other.test", "example.com"),
        ("example.com/sale", "example.com"),
        ("example.com#top", "example.com"),
        ("https://日本語.jp/", "xn--wgv71a119e.jp"),
        ("https://evil.test./", "evil.test"),
        ("https://日本語.jp.:8080/ぱす", "xn--wgv71a119e.jp"),
        ("HTTPS://192.0.2.1/", "192.0.2.1"),
        ("http://localhost:8002/landing", "localhost"),
    ],
)
def test_the_host_of_a_link_is_one_however_it_is_written(link: str, host: str) -> None:
    assert host_of(link) == host


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("evil.test", True),
        ("www.evil.test", True),
        ("a.b.evil.test", True),
        ("notevil.test", False),
        ("evil.test.example.com", False),
        ("test", False),
    ],
)
def test_a_host_covers_its_subdomains_and_nothing_else(host: str, covered: bool) -> None:
    assert is_covered(host, frozenset({"evil.test"})) is covered


def test_a_list_of_hosts_is_read_with_comments_and_in_any_spelling() -> None:
    text = "# bad ones\nEvil.TEST   # since May\n\n  日本語.jp.\r\n192.0.2.7\n"
    assert parse_hosts(text) == {"evil.test", "xn--wgv71a119e.jp", "192.0.2.7"}


@pytest.mark.parametrize("line", ["https://evil.test/", "*.evil.test", "evil test", "com", "a..b"])
def test_a_line_that_is_no_host_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no host"):
        parse_hosts(f"fine.test\n{line}\n")


def test_every_public_shortener_is_a_host_that_a_link_can_have() -> None:
    assert len(PUBLIC_SHORTENERS) >= 40
    assert {to_ascii(host) for host in PUBLIC_SHORTENERS} == PUBLIC_SHORTENERS
    for host in PUBLIC_SHORTENERS:
        found = find_link(f"see https://{host}/abc now")
        assert found is not None
        assert host_of(found.written) == host


@pytest.mark.parametrize(
    "target",
    [
        "ftp://shop.test/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@shop.test/",
        "https://user:secret@shop.test/",
        "https://shop.test\\@evil.test/",
        "https://shop.test/\x01x",
        "https://shop.test%2eevil.test/",
        "https://sl.test/abc",
        "https://sl.test./abc",
        "https://SL.test:443/abc",
        "https://shop.test:70000/",
        "https://2130706433/",
        "https://[::1]/",
    ],
)
def test_what_may_be_no_target_is_never_found(target: str) -> None:
    assert find_link(f"see {target} now", own_hosts=frozenset({"sl.test"})) is None
