"""What a customer may try to make us call, against canaries that must never hear from us."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from shortlink.callbacks.safe_post import safe_post
from shortlink.domain.callback_url import parse_callback_url
from tests.callbacks.conftest import Serve, Zone
from tests.callbacks.receivers import OK, ConnectWatch, Receiver, fixed

# {p} is the port of a canary that listens on 127.0.0.1 and, where there is IPv6, on ::1.
INNER_LITERALS = [
    "http://127.0.0.1:{p}/",
    "https://127.0.0.1:{p}/",
    "HTTP://127.0.0.1:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://127.0.0.2:{p}/",
    "http://127.255.255.254:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://127:{p}/",
    "http://2130706433:{p}/",
    "http://2130706433.:{p}/",
    "http://4294967295:{p}/",
    "http://4425673729:{p}/",
    "http://017700000001:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://0177.0.0.01:{p}/",
    "http://00000177.0.0.1:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7F.0x0.0x0.0x1:{p}/",
    "http://0x7f.1:{p}/",
    "http://0x7f.0.0.1:{p}/",
    "http://127.0.0.0x1:{p}/",
    "http://0x:{p}/",
    "http://0:{p}/",
    "http://0.0.0.0:{p}/",
    "http://00.0.0.0:{p}/",
    "http://127.0.0.1%00.example.com:{p}/",
    "http://127%2e0%2e0%2e1:{p}/",
    "http://%31%32%37.0.0.1:{p}/",
    "http://１２７.０.０.１:{p}/",
    "http://127。0。0。1:{p}/",
    "http://127．0．0．1:{p}/",
    "http://127｡0｡0｡1:{p}/",
    "http://①②⑦.⓪.⓪.①:{p}/",
    "http://①②⑦.1:{p}/",
    "http://²¹³⁰⁷⁰⁶⁴³³:{p}/",
    "http://٠:{p}/",
    "http://[::1]:{p}/",
    "http://[0:0:0:0:0:0:0:1]:{p}/",
    "http://[0000::0001]:{p}/",
    "http://[::0001]:{p}/",
    "http://[::]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[::7f00:1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/",
    "http://[::ffff:0:127.0.0.1]:{p}/",
    "http://[::ffff:0:7f00:1]:{p}/",
    "http://[64:ff9b::127.0.0.1]:{p}/",
    "http://[64:ff9b::7f00:1]:{p}/",
    "http://[64:ff9b::a9fe:a9fe]:{p}/",
    "http://[64:ff9b:1::7f00:1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[2002:a00:1::1]:{p}/",
    "http://[2001:0:7f00:1::]:{p}/",
    "http://[2001::80ff:fffe]:{p}/",
    "http://[fe80::1]:{p}/",
    "http://[fe80::1%25lo]:{p}/",
    "http://[::1%25lo]:{p}/",
    "http://[::1%lo]:{p}/",
    "http://[fec0::1]:{p}/",
    "http://[fc00::1]:{p}/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[ff02::1]:{p}/",
    "http://[100::1]:{p}/",
    "http://[2001:db8::1]:{p}/",
    "http://[3fff::1]:{p}/",
    "http://[5f00::1]:{p}/",
    "http://[v1.127.0.0.1]:{p}/",
    "http://[127.0.0.1]:{p}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254:{p}/",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://169.254.170.2/v2/credentials",
    "http://168.63.129.16/machine?comp=goalstate",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/latest/",
    "http://100.64.0.1:{p}/",
    "http://10.0.0.1:{p}/",
    "http://012.0.0.1:{p}/",
    "http://172.16.0.1:{p}/",
    "http://172.31.255.255:{p}/",
    "http://192.168.0.1:{p}/",
    "http://192.168.257:{p}/",
    "http://192.0.2.1:{p}/",
    "http://198.18.0.1:{p}/",
    "http://224.0.0.1:{p}/",
    "http://239.255.255.250:1900/",
    "http://240.0.0.1:{p}/",
    "http://255.255.255.255:{p}/",
]

TRICKS = [
    "http://example.com@127.0.0.1:{p}/",
    "http://example.com:80@127.0.0.1:{p}/",
    "http://user:secret@example.com/",
    "http://127.0.0.1:{p}@example.com/",
    "http://127.0.0.1:{p}\\@example.com/",
    "http://example.com\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\.example.com/",
    "http://127.0.0.1:{p}#@example.com/",
    "http://127.0.0.1:{p}?@example.com/",
    "http://127.0.0.1:{p};@example.com/",
    "http://example.com＠127.0.0.1:{p}/",
    "http://127.0.0.1：{p}/",
    "http://127.0.0.1／.example.com/",
    "http:///127.0.0.1:{p}/",
    "http:////127.0.0.1:{p}/",
    "http:127.0.0.1:{p}/",
    "http:/127.0.0.1:{p}/",
    "http:\\\\127.0.0.1:{p}/",
    "//127.0.0.1:{p}/",
    "\\\\127.0.0.1\\share",
    "http://:{p}/",
    "http://.:{p}/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:99999999999/",
    "http://127.0.0.1:{p}{p}/",
    "http://127.0.0.1:８０/",
    "http://[::1/",
    "http://::1]:{p}/",
    "http://::1:{p}/",
    "http://[]/",
    "http://a..example.com/",
    "http://-a.example.com/",
    "ftp://127.0.0.1:{p}/",
    "file:///etc/passwd",
    "file://127.0.0.1:{p}/etc/passwd",
    "gopher://127.0.0.1:{p}/_PING",
    "dict://127.0.0.1:{p}/info",
    "ws://127.0.0.1:{p}/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "data:text/plain,hello",
    "jar:http://127.0.0.1:{p}/!/",
    "view-source:http://127.0.0.1:{p}/",
    "",
    " ",
    "http://",
    " http://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}/ ",
    "http://127.0.0.1 :{p}/",
    "http://127.0.0.1\t:{p}/",
    "ht\ntp://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}/\r\nX-Injected: 1",
    "http://127.0.0.1:{p}\r\n\r\nGET / HTTP/1.1",
    "http://example.com/\x00",
    "http://exam\u200bple.com/",
    "http://127.0.0.1\u3000:{p}/",
    f"http://{'a.' * 130}example.com/",
    f"http://{'a' * 64}.example.com/",
    "http://127.0.0.1:{p}/" + "a" * 10_000,
]

INNER_NAMES: Zone = {
    "localhost": [["127.0.0.1", "::1"]],
    "a.localhost": [["127.0.0.1"]],
    "loop.example.com": [["127.0.0.1"]],
    "loop6.example.com": [["::1"]],
    "mapped.example.com": [["::ffff:127.0.0.1"]],
    "translated.example.com": [["::ffff:0:127.0.0.1"]],
    "compatible.example.com": [["::7f00:1"]],
    "nat64.example.com": [["64:ff9b::7f00:1"]],
    "sixtofour.example.com": [["2002:7f00:1::"]],
    "site.example.com": [["fec0::1"]],
    "zero.example.com": [["0.0.0.0"]],
    "private.example.com": [["10.0.0.1"]],
    "shared.example.com": [["100.64.0.1"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "azure.example.com": [["168.63.129.16"]],
    "mixed.example.com": [["93.184.215.14", "127.0.0.1"]],
    "mixed6.example.com": [["2606:2800:21f:cb07::1", "::1"]],
    "many.example.com": [["93.184.215.14", "93.184.215.15", "10.0.0.1"]],
}


@pytest.fixture
def canaries(serve: Serve) -> Iterator[list[Receiver]]:
    """Listen on three ports of both loopback addresses, and see that nobody came."""
    found = [serve() for _ in range(3)]
    if socket.has_ipv6:
        with contextlib.suppress(OSError):  # no IPv6 here, or a port that is taken there
            found += [serve(host="::1", port=canary.port) for canary in found]
    yield found
    assert [canary.connections for canary in found] == [0] * len(found)


def post(url: str, *allowed: str) -> str | int | None:
    networks = [ip_network(block) for block in allowed]
    attempt = safe_post(url, b"a=1", {}, timeout_seconds=5, allowed_networks=networks)
    return attempt.error or attempt.status_code


@pytest.mark.parametrize("template", INNER_LITERALS + TRICKS)
def test_hostile_url_is_refused_and_dials_nobody(
    template: str, canaries: list[Receiver], zone: Zone, connect_watch: ConnectWatch
) -> None:
    with connect_watch.armed() as dialled:
        outcomes = [post(template.replace("{p}", str(canary.port))) for canary in canaries]
    assert dialled == []
    assert set(outcomes) <= {"refused", "dns"}, "some spellings are no address to the system either"


@pytest.mark.parametrize("name", INNER_NAMES)
def test_name_that_leads_inside_is_refused_and_dials_nobody(
    name: str, canaries: list[Receiver], zone: Zone, connect_watch: ConnectWatch
) -> None:
    zone.update(INNER_NAMES)
    with connect_watch.armed() as dialled:
        outcomes = [post(f"http://{name}:{canary.port}/") for canary in canaries]
    assert dialled == []
    assert set(outcomes) == {"refused"}


@pytest.mark.parametrize("template", INNER_LITERALS + TRICKS)
def test_hostile_url_is_refused_when_it_is_handed_in(template: str) -> None:
    with pytest.raises(ValueError, match=r"^(Enter a valid URL|Private addresses are refused)\.$"):
        parse_callback_url(template.replace("{p}", "8080"), allowed_networks=())


@pytest.mark.parametrize(
    "template",
    [
        "http://[::1]:{p}/",
        "http://[::ffff:127.0.0.1]:{p}/",
        "http://[::7f00:1]:{p}/",
        "http://127.1:{p}/",
        "http://0.0.0.0:{p}/",
        "http://10.0.0.1:{p}/",
        "http://loop6.example.com:{p}/",
        "http://private.example.com:{p}/",
        "http://user@127.0.0.1:{p}/",
    ],
)
def test_allowing_one_network_opens_no_other(
    template: str, canaries: list[Receiver], zone: Zone, connect_watch: ConnectWatch
) -> None:
    zone.update(INNER_NAMES)
    with connect_watch.armed() as dialled:
        outcome = post(template.replace("{p}", str(canaries[0].port)), "127.0.0.0/8")
    assert dialled == []
    assert outcome == "refused"


@pytest.mark.parametrize(
    "template",
    [
        "http://127.0.0.1:{p}",
        "http://127.0.0.1:{p}/",
        "HTTP://127.0.0.1:{p}/path",
        "http://127.0.0.1:{p}/a/b?c=d&e=%20f",
        "http://127.0.0.1:{p}?c=d",
        "http://127.0.0.1:{p}/#part",
        "http://127.0.0.1:{p}/コールバック?名=値",
        "http://127.0.0.1:{p}/a@b:c//d",
        "http://loop.example.com:{p}/",
        "http://loop.example.com.:{p}/",
        "http://LOOP.example.com:{p}/",
        "http://xn--r8jz45g.example.com:{p}/",
        "http://例え.example.com:{p}/",
    ],
)
def test_allowed_network_is_reached_by_every_honest_spelling(template: str, serve: Serve, zone: Zone) -> None:
    for name in ("loop.example.com", "loop.example.com.", "xn--r8jz45g.example.com"):
        zone[name] = [["127.0.0.1"]]
    receiver = serve(fixed(OK))
    assert post(template.replace("{p}", str(receiver.port)), "127.0.0.0/8") == 200
    assert len(receiver.requests) == 1


def test_name_that_moves_after_the_check_is_called_where_it_was_checked(serve: Serve, zone: Zone) -> None:
    try:
        checked = serve(host="127.0.0.2")
        canary = serve(port=checked.port)
    except OSError:
        pytest.skip("this machine has one loopback address only, or the port is taken")
    zone["moving.example.com"] = [["127.0.0.2"], ["127.0.0.1"]]
    assert post(f"http://moving.example.com:{checked.port}/", "127.0.0.2/32") == 200
    assert len(zone["moving.example.com"]) == 1, "one look-up, no second"
    assert (checked.connections, canary.connections) == (1, 0)
    assert post(f"http://moving.example.com:{checked.port}/", "127.0.0.2/32") == "refused"
    assert canary.connections == 0


@pytest.mark.parametrize("port", [22, 25, 53, 110, 465, 587, 993, 1023])
def test_low_port_of_a_public_host_is_refused(port: int, zone: Zone, connect_watch: ConnectWatch) -> None:
    zone["public.example.com"] = [["93.184.215.14"]]
    with connect_watch.armed() as dialled:
        assert post(f"http://public.example.com:{port}/", "127.0.0.0/8") == "refused"
        assert post(f"http://93.184.215.14:{port}/", "127.0.0.0/8") == "refused"
    assert dialled == []


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://public.example.com/", 80),
        ("https://public.example.com/", 443),
        ("http://public.example.com:443/", 443),
        ("https://public.example.com:8443/", 8443),
        ("http://public.example.com:8080/", 8080),
        ("http://public.example.com:3000/", 3000),
    ],
)
def test_web_and_high_ports_of_a_public_host_are_dialled(
    url: str, port: int, zone: Zone, connect_watch: ConnectWatch
) -> None:
    zone["public.example.com"] = [["93.184.215.14"]]
    with connect_watch.armed() as dialled:
        assert post(url) == "connect"  # the watch refuses what leaves loopback
    assert dialled == [("93.184.215.14", port)]


def test_low_port_inside_one_of_the_allowed_networks_is_dialled(connect_watch: ConnectWatch) -> None:
    with connect_watch.armed() as dialled:
        post("http://127.0.0.1:81/", "10.0.0.0/8", "127.0.0.0/8")
    assert dialled == [("127.0.0.1", 81)]
