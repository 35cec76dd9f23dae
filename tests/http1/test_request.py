"""Which heads are read, and which are refused."""

from __future__ import annotations

import pytest

from shortlink.http1.request import BadRequest, Intake, Request
from shortlink.http1.request import parse as parse_for
from shortlink.redirect.door import Door

BODY_BYTES = 100
API = Intake(body_bytes=lambda _: BODY_BYTES, judges_bodies=True, takes_chunks=True)
PLAIN = Intake(body_bytes=lambda _: BODY_BYTES)


def parse(head: bytes, intake: Intake = PLAIN) -> Request:
    return parse_for(head, intake)


def head(*lines: bytes, first: bytes = b"GET /abc HTTP/1.1") -> bytes:
    return b"".join(line + b"\r\n" for line in (first, b"Host: x", *lines)) + b"\r\n"


def test_what_matters_is_read_and_the_rest_left_alone() -> None:
    request = parse(
        head(
            b"USER-AGENT:  Mozilla/5.0 (x) ",
            b"Cookie: a=b",
            b"X-Forwarded-For: 1.1.1.1",
            b"x-forwarded-for:2.2.2.2",
            b"X-Nothing-Host: y",
            b"Accept-Language:",
        ),
        Door.intake,
    )
    assert (request.method, request.path, request.keeps_alive, request.body_bytes) == ("GET", "/abc", True, 0)
    assert request.headers == {
        "host": "x",
        "user-agent": "Mozilla/5.0 (x)",
        "x-forwarded-for": "1.1.1.1,2.2.2.2",
        "accept-language": "",
    }


def test_what_came_more_than_once_is_named_as_joined_values_do_not_tell() -> None:
    twice = parse(head(b"Key: a", b"Other: b,c", b"KEY: b"))
    assert (twice.headers["key"], twice.repeated) == ("a,b", ["key"])
    assert not parse(head(b"Key: a,b")).repeated


def test_bytes_beyond_ascii_are_taken_as_latin_1() -> None:
    assert parse(head(b"User-Agent: caf\xe9 \xff")).headers["user-agent"] == "café ÿ"


def test_blanks_and_tabs_alone_may_surround_a_value() -> None:
    request = parse(head(b"Content-Length: \t5\t ", b"User-Agent: \xa0x\x85"))
    assert (request.body_bytes, request.headers["user-agent"]) == (5, "\xa0x\x85")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/abc", "/abc"),
        (b"/abc?x=/y&z", "/abc"),
        (b"http://sl.test/abc", "/abc"),
        (b"HTTPS://sl.test:8001/abc?q", "/abc"),
        (b"http://sl.test", ""),
        (b"http://sl.test?x", ""),
        (b"*", ""),
        (b"sl.test:443", ""),
        (b"/%61bc", "/abc"),
        (b"/%2e%2e", "/.."),
        (b"/a%", "/a%"),
        (b"/<a>", "/<a>"),
    ],
)
def test_the_path_is_found_in_every_form_of_target(target: bytes, path: str) -> None:
    assert parse(head(first=b"GET " + target + b" HTTP/1.1")).path == path


NO_NAMES = rb'u@h u:p@h h/p h?q h#f h\p " <h> {h} h| h,h h:abc h:8:0 h:-1 % %4 %4g h%'.split()
NO_LITERALS = b"[::1 ::1 [::1]x [::1]:x [::1][::1] [] [h] [:::] [:1] [1.2.3.4] [::1%25lo] [v1] [v.a] [v1.]".split()
HOSTS = b"h sl.example.com h:8001 h: 127.0.0.1:80 a_b~c %41%c3%a9 xn--bcher-kva.example. !$&'()*+;= h;x".split()
HOSTS += b"[::1] [::1]:8001 [2001:DB8::7]: [::ffff:1.2.3.4] [v1.a:b]:80".split()


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("host", [*NO_NAMES, *NO_LITERALS, b"h x", b"h\tx", b"caf\xe9"])
def test_a_host_that_names_none_is_refused(host: bytes, version: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(b"GET /abc HTTP/" + version + b"\r\nHost: " + host + b"\r\n\r\n")
    assert refused.value.status == 400


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_that_an_address_can_have_is_taken(host: bytes) -> None:
    assert parse(b"GET /abc HTTP/1.1\r\nHost:\t" + host + b" \r\n\r\n").headers["host"] == host.decode()
    assert parse(head(first=b"GET http://" + host + b"/abc HTTP/1.1")).path == "/abc"


@pytest.mark.parametrize(
    "authority", [b"", b":80", b"u@sl.test", b"u:p@sl.test", b"sl.test:abc", b"[::1", b"[:::]", b"%"]
)
@pytest.mark.parametrize("path", [b"/abc", b"", b"?x"])
def test_a_target_whose_authority_names_no_host_is_refused(authority: bytes, path: bytes) -> None:
    for scheme in (b"http://", b"HTTPS://"):
        with pytest.raises(BadRequest) as refused:
            parse(head(first=b"GET " + scheme + authority + path + b" HTTP/1.1"))
        assert refused.value.status == 400


def test_a_host_may_be_empty_and_an_old_client_may_leave_it_out() -> None:
    assert parse(b"GET /abc HTTP/1.1\r\nHost:\r\n\r\n").headers["host"] == ""
    assert "host" not in parse(b"GET /abc HTTP/1.0\r\n\r\n").headers


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        (b"1.1", None, True),
        (b"1.1", b"keep-alive", True),
        (b"1.1", b"close", False),
        (b"1.1", b"Upgrade, Close", False),
        (b"1.1", b"Upgrade,\tclose \t", False),
        (b"1.1", b"Upgrade,\xa0close", True),
        (b"1.0", None, False),
        (b"1.0", b"Keep-Alive", True),
        (b"1.0", b"TE", False),
        (b"1.0", b"keep-alive, close", False),
    ],
)
def test_a_connection_is_kept_as_its_version_and_its_client_want(
    version: bytes, connection: bytes | None, kept: bool
) -> None:
    lines = [b"Connection: " + connection] if connection else []
    assert parse(head(*lines, first=b"GET / HTTP/" + version)).keeps_alive is kept


@pytest.mark.parametrize(
    "bad",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /abc\r\n\r\n",
        b"GET  /abc HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /abc HTTP/1.1 \r\nHost: x\r\n\r\n",
        b"GET /caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x00T /abc HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /abc HTTP/1.1\nHost: x\r\n\r\n",
        b"GET /abc HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET /abc HTTP/1.1\r\n\r\n",
        head(b"Host: y"),
        head(b"No colon"),
        head(*[b"X: y"] * 98, b"No colon"),
        head(b": no name"),
        head(b"Space : before"),
        head(b" folded: line"),
        head(b"A: b", b"\tfolded"),
        head(b"Nul: \x00"),
        head(b"Bare: a\nB: b"),
        head(b"Return: a\rB: b"),
        head(b"Content-Length: -1"),
        head(b"Content-Length: +5"),
        head(b"Content-Length: 5, 5"),
        head(b"Content-Length: 5", b"Content-Length: 5"),
        head(b"Content-Length: 0x10"),
        head(b"Content-Length: \xb2"),
        head(b"Content-Length: 5\xa0"),
        head(b"Content-Length: \x855"),
        head(b"Content-Length:"),
        head(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        head(b"Transfer-Encoding: chunked", first=b"GET / HTTP/1.0"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(bad: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(bad)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (head(first=b"GET / HTTP/2.0"), 505),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (head(b"Transfer-Encoding: chunked"), 501),
        (head(b"Transfer-Encoding: identity"), 501),
        (head(b"Content-Length: %d" % (BODY_BYTES + 1)), 413),
        (head(b"Content-Length: " + b"9" * 5000), 413),
        (head(b"Expect: miracles"), 417),
        (head(*[b"X: y"] * 100), 431),
        (head(first=b"get /abc HTTP/1.1"), 501),
        (head(first=b"A" * 32 + b"a /abc HTTP/1.1"), 501),
        (head(first=b"A" * 60_000 + b" /abc HTTP/1.0"), 501),
        (head(first=b"A" * 33 + b" /abc HTTP/3"), 505),
        (head(first=b"GET /" + b"a" * 8192 + b" HTTP/1.1"), 414),
        (head(b"no field", first=b"get /abc HTTP/1.1"), 501),
        (head(*[b"X: y"] * 100, first=b"GET /" + b"a" * 8192 + b" HTTP/1.1"), 414),
    ],
)
def test_what_this_door_does_not_do_is_said_by_name(bad: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(bad)
    assert refused.value.status == status


def test_as_many_fields_are_taken_as_there_may_be() -> None:
    assert parse(head(*[b"X: y"] * 98, b"User-Agent: last"), API).headers["user-agent"] == "last"


def test_an_address_may_be_as_long_as_is_said() -> None:
    assert len(parse(head(first=b"GET /" + b"a" * 8191 + b" HTTP/1.1")).path) == 8192


def test_a_body_that_waits_to_be_asked_for_is_known() -> None:
    assert parse(head(b"Content-Length: 1", b"Expect: 100-Continue")).expects_continue
    assert not parse(head(b"Expect: 100-continue")).expects_continue
    assert not parse(head(b"Content-Length: 5", b"Expect: 100-continue", first=b"POST / HTTP/1.0")).expects_continue


def test_a_door_that_reads_all_headers_gets_all_of_them() -> None:
    request = parse(
        head(b"Cookie: a=b", b"X-Empty:", b"cookie: c=d", b"Via: 1", b"VIA:\t2 ", first=b"POST /a?b=%20 HTTP/1.1")
    )
    assert request.headers == {"host": "x", "cookie": "a=b; c=d", "x-empty": "", "via": "1,2"}
    assert (request.path, request.target) == ("/a", "/a?b=%20")


def test_a_door_that_judges_bodies_is_given_what_is_too_long() -> None:
    assert parse(head(b"Content-Length: %d" % (BODY_BYTES + 1)), API).body_bytes == BODY_BYTES + 1
    assert parse(head(b"Content-Length: " + b"5".zfill(18)), API).body_bytes == 5
    with pytest.raises(BadRequest) as refused:
        parse(head(b"Content-Length: " + b"5".zfill(19)), API)
    assert refused.value.status == 413


def test_chunks_are_taken_by_a_door_that_wants_them_and_no_other_coding_is() -> None:
    assert parse(head(b"Transfer-Encoding: Chunked", b"Expect: 100-continue"), API).expects_continue
    for other in (b"gzip, chunked", b"chunked, chunked", b"identity", b"chunked;x=y", b""):
        with pytest.raises(BadRequest) as refused:
            parse(head(b"Transfer-Encoding: " + other), API)
        assert refused.value.status == 501
