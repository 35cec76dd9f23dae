"""What becomes of the bytes of a head before all of it is there."""

from __future__ import annotations

import pytest

from shortlink.http1.reading import EMPTY_LINES, RequestReader, Stage
from shortlink.http1.request import BadRequest, Intake

TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REQUEST = b"GET /abc HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def reader() -> RequestReader:
    return RequestReader(Intake(body_bytes=lambda _: 0))


def read_on(reader: RequestReader) -> None:
    while reader.next():
        pass


@pytest.mark.parametrize("before", [b"", b"\r\n\r\n", REQUEST])
def test_what_no_request_can_begin_with_is_refused_before_the_head_has_come(before: bytes) -> None:
    for first in set(range(256)) - set(TOKEN) - set(b"\r"):
        reader = RequestReader(Intake(body_bytes=lambda _: 0))
        reader.feed(before + bytes([first]))
        with pytest.raises(BadRequest) as refused:
            read_on(reader)
        assert refused.value.status == 400


def test_tls_is_refused_at_its_first_piece(reader: RequestReader) -> None:
    reader.feed(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    with pytest.raises(BadRequest):
        reader.next()


@pytest.mark.parametrize("step", [1, 2, 3, 1000])
@pytest.mark.parametrize("bad", [b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nHost: x\n\n", b"G\n"])
@pytest.mark.parametrize("before", [b"", b"\r\n", REQUEST])
def test_a_head_whose_lines_end_in_bare_feeds_is_refused_at_once(
    reader: RequestReader, before: bytes, bad: bytes, step: int
) -> None:
    sent = before + bad

    def read_in_steps() -> None:
        for start in range(0, len(sent), step):
            reader.feed(sent[start : start + step])
            read_on(reader)

    with pytest.raises(BadRequest) as refused:
        read_in_steps()
    assert refused.value.status == 400


def test_whatever_a_method_can_begin_with_is_waited_for() -> None:
    for first in TOKEN:
        reader = RequestReader(Intake(body_bytes=lambda _: 0))
        reader.feed(bytes([first]))
        assert (reader.next(), reader.stage) == (None, Stage.HEAD)


def test_a_request_is_read_however_it_is_cut_even_within_empty_lines(reader: RequestReader) -> None:
    for byte in b"\r\n\r\n" + REQUEST[:-1]:
        reader.feed(bytes([byte]))
        assert reader.next() is None
    reader.feed(REQUEST[-1:])
    request = reader.next()
    assert request is not None
    assert (request.path, reader.stage) == ("/abc", Stage.NOTHING)


def test_a_head_may_be_as_long_as_is_said_and_no_longer(reader: RequestReader) -> None:
    line = REQUEST[:-2] + b"X: "
    reader.feed(line + b"y" * (65_536 - len(line)) + b"\r\n\r\n")
    assert reader.next() is not None
    reader.feed(line + b"y" * (65_537 - len(line)) + b"\r\n\r\n")
    with pytest.raises(BadRequest) as refused:
        reader.next()
    assert refused.value.status == 431


def test_a_body_that_looks_like_a_request_is_none() -> None:
    reader = RequestReader(Intake(body_bytes=lambda _: 100))
    reader.feed(b"POST /abc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(REQUEST))
    assert reader.next() is None
    assert reader.read_whole(REQUEST) is None
    reader.feed(REQUEST)
    request = reader.next()
    assert request is not None
    assert (request.method, request.body) == ("POST", REQUEST)


def test_half_a_body_is_nothing_for_a_door_that_judges_none() -> None:
    reader = RequestReader(Intake(body_bytes=lambda _: 100))
    reader.feed(b"POST /abc HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
    assert (reader.next(), reader.end()) == (None, None)


def test_a_return_that_ends_no_line_begins_no_request(reader: RequestReader) -> None:
    reader.feed(b"\rG")
    with pytest.raises(BadRequest):
        reader.next()


def test_a_few_empty_lines_may_come_before_each_request(reader: RequestReader) -> None:
    for lines in (b"\r\n" * EMPTY_LINES, b"\r\n", b"\r\n" * EMPTY_LINES):
        reader.feed(lines + REQUEST)
        assert reader.next() is not None


@pytest.mark.parametrize("rest", [b"\r\n", b"\r", b"G"])
def test_what_was_read_is_not_held_for_the_little_that_follows_it(reader: RequestReader, rest: bytes) -> None:
    reader.feed(REQUEST + rest)
    read_on(reader)
    assert reader._buffer == rest.removeprefix(b"\r\n")


@pytest.mark.parametrize("before", [b"", REQUEST, b"\r\n" + REQUEST])
@pytest.mark.parametrize("pieces", [[b"\r\n" * (EMPTY_LINES + 1)], [b"\r", b"\n"] * (EMPTY_LINES + 1)])
def test_more_empty_lines_are_refused_however_they_are_cut(
    reader: RequestReader, before: bytes, pieces: list[bytes]
) -> None:
    for piece in (before, *pieces[:-1]):
        reader.feed(piece)
        read_on(reader)
    reader.feed(pieces[-1])
    with pytest.raises(BadRequest) as refused:
        reader.next()
    assert refused.value.status == 400
