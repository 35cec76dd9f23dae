"""Callback URLs that are taken; the long table of those that are not stands in tests/callbacks."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from shortlink.domain.callback_url import INVALID, MAX_LENGTH, PORT, PRIVATE, is_public, parse_callback_url


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com",
        "https://example.com/",
        "HTTPS://Example.COM/Path",
        "https://example.com:8443/hook?a=b&c=d#e",
        "http://example.com:3000?x",
        "http://example.com./hook",
        "http://sub-domain.example.co.jp/a%20b",
        "http://xn--r8jz45g.xn--zckzah/",
        "http://8.8.8.8/hook",
        "http://93.184.215.14:8080/",
        "http://[2606:2800:21f:cb07::1]:8080/",
        "http://example.com:80/",
        "http://example.com:443/",
        "http://example.com:1024/",
        "http://8.8.8.8:65535/",
        f"http://{'a.' * 125}abc/",
        "http://example.com/日本語?名=値",
        "http://example.com/a@b:c//d?http://127.0.0.1/",
        "http://0xample.com/",
        "http://1.example.com/",
        "http://123example.com/",
    ],
)
def test_good_url_stays_as_it_was_given(text: str) -> None:
    assert parse_callback_url(text) == text


def test_percent_sign_that_escapes_nothing_is_escaped_and_the_others_stay() -> None:
    given = "http://example.com/hook?sale=50%&n=%E6%97%A5&end=%2"
    assert parse_callback_url(given) == "http://example.com/hook?sale=50%25&n=%E6%97%A5&end=%252"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.com", "http://example.com"),
        ("example.com:8080/hook", "http://example.com:8080/hook"),
        ("example.com/?next=http://other.example/", "http://example.com/?next=http://other.example/"),
        ("http://例え.テスト/パス", "http://xn--r8jz45g.xn--zckzah/パス"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://ＥＸＡＭＰＬＥ.com/", "http://example.com/"),
        ("http://８.８.８.８/", "http://8.8.8.8/"),
    ],
)
def test_scheme_is_added_and_the_host_made_ascii(text: str, url: str) -> None:
    assert parse_callback_url(text) == url
    assert parse_callback_url(url) == url


@pytest.mark.parametrize("rest", ["", "/hook", "?a=1", "#b"])
@pytest.mark.parametrize("host", ["http://example.com", "https://[2606:4700::1111]"])
def test_a_colon_without_a_port_means_the_usual_one(host: str, rest: str) -> None:
    assert parse_callback_url(f"{host}:{rest}") == f"{host}{rest}"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("http://127.0.0.1:8002/inbox", "127.0.0.0/8"),
        ("http://localhost:8002/inbox", "127.0.0.0/8"),
        ("http://localhost:8002/inbox", "::1/128"),
        ("http://[::1]:8002/", "::1/128"),
        ("http://10.1.2.3/", "10.1.0.0/16"),
        ("http://receiver:8080/", "172.16.0.0/12"),
        ("http://[fd00::1]/", "fd00::/8"),
    ],
)
def test_private_target_needs_an_allowed_network(text: str, allowed: str) -> None:
    assert parse_callback_url(text, allowed_networks=[ip_network(allowed)]) == text
    with pytest.raises(ValueError, match=r"refused|valid"):
        parse_callback_url(text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("http://127.0.0.1/", "10.0.0.0/8"),
        ("http://localhost/", "10.0.0.0/8"),
        ("http://LocalHost/", "10.0.0.0/8"),
        ("http://localhost./", "10.0.0.0/8"),
        ("http://[::1]/", "127.0.0.0/8"),
        ("http://[::ffff:127.0.0.1]/", "127.0.0.0/8"),
        ("http://10.2.0.1/", "10.1.0.0/16"),
        ("http://168.63.129.16/", "127.0.0.0/8"),
    ],
)
def test_allowed_network_opens_no_other(text: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=PRIVATE):
        parse_callback_url(text, allowed_networks=[ip_network(allowed)])


@pytest.mark.parametrize("text", ["http://8.8.8.8:25/", "http://[2606:4700::1111]:22/", "http://1.1.1.1:1023/"])
def test_an_allowed_network_opens_low_ports_of_no_address_outside_it(text: str) -> None:
    for allowed in ([], [ip_network("10.0.0.0/8")]):
        with pytest.raises(ValueError, match=PORT):
            parse_callback_url(text, allowed_networks=allowed)


@pytest.mark.parametrize("text", ["http://10.1.2.3:25/", "http://receiver:81/", "http://hooks.corp.example:81/"])
def test_what_may_lie_in_an_allowed_network_may_name_a_low_port(text: str) -> None:
    assert parse_callback_url(text, allowed_networks=[ip_network("192.168.0.0/16"), ip_network("10.0.0.0/8")]) == text
    with pytest.raises(ValueError, match=PORT):
        parse_callback_url(text)


@pytest.mark.parametrize("text", ["http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/"])
def test_odd_spelling_is_refused_even_where_the_address_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=INVALID):
        parse_callback_url(text, allowed_networks=[ip_network("127.0.0.0/8")])


@pytest.mark.parametrize(
    "text",
    [
        *("mailto:me@example.com", "tel:12345", "javascript:alert(1)", "ftp://example.com/", "://example.com/"),
        *(
            "http://example.com:0/",
            "http://example.com::/",
            "http://example.com:x/",
            "http://example.com:65536/",
            "http://my_host.example.com/",
        ),
        *("http://i❤.example/", "http://example.com/\u202e", "http://example.com/\ud800", "http://intranet/"),
        *(f"http://{'a.' * 125}abcd/", f"http://{'ä.' * 60}abc/", "http://example.com/a b"),
        *("http://example.com/a\\b", "http://example.com/?a\\b"),
    ],
)
def test_url_that_could_not_be_called_is_invalid(text: str) -> None:
    with pytest.raises(ValueError, match=INVALID):
        parse_callback_url(text)


def test_longest_url_is_measured_with_its_scheme() -> None:
    longest = "http://example.com/" + "a" * (MAX_LENGTH - 19)
    assert parse_callback_url(longest) == longest
    assert len(parse_callback_url(longest.removeprefix("http://"))) == MAX_LENGTH
    for text in (longest + "a", longest.removeprefix("http://") + "a"):
        with pytest.raises(ValueError, match=INVALID):
            parse_callback_url(text)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        *(("8.8.8.8", True), ("1.1.1.1", True), ("172.32.0.1", True), ("2606:4700::1111", True)),
        *(("0.0.0.0", False), ("10.255.255.255", False), ("127.0.0.1", False), ("169.254.169.254", False)),
        *(("192.0.0.255", False), ("192.0.1.0", True), ("192.0.2.1", False), ("192.88.99.1", False)),
        *(("192.168.0.1", False), ("192.169.0.0", True), ("198.19.255.255", False), ("198.20.0.0", True)),
        *(("198.51.100.1", False), ("203.0.113.1", False), ("255.255.255.255", False), ("168.63.129.16", False)),
        *(("2001:db8::1", False), ("3fff:fff::1", False), ("3fff:1000::1", True), ("2001:200::1", True)),
        *(("172.31.0.1", False), ("100.127.255.255", False), ("224.0.0.1", False), ("fec0::1", False)),
        *(("2001::1", False), ("2002:808:808::", False), ("64:ff9b::808:808", False), ("::8.8.8.8", False)),
    ],
)
def test_public_is_what_hosts_of_the_open_internet_have(text: str, public: bool) -> None:
    assert is_public(ip_address(text)) is public
