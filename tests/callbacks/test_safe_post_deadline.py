"""What would go on for ever ends at the deadline of the call, and leaves nothing open."""

from __future__ import annotations

import gc
import socket
import ssl
import sys
from threading import Event

import pytest

from shortlink.callbacks.deadline import Deadline
from shortlink.callbacks.safe_post import safe_post
from tests.callbacks.conftest import Serve, Zone
from tests.callbacks.posting import LOOPBACK, post
from tests.callbacks.receivers import Answer, endless, fixed

HEAD = b"HTTP/1.1 200 OK\r\n"


def silent(_connection: socket.socket, stop: Event) -> None:
    stop.wait()


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        endless(b"", b"H", 0.05),
        endless(b"HTTP/1.1 2", b"0", 0.05),
        endless(HEAD, b"x-drip: 1\r\n", 0.05),
        endless(HEAD + b"x-long: ", b"a", 0.05),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05),
    ],
    ids=["silent", "first-line", "status", "headers", "one-header", "continue", "hints"],
)
def test_answer_that_never_gets_done_ends_at_the_deadline(answer: Answer, serve: Serve) -> None:
    attempt = post(serve(answer), seconds=0.4)
    assert (attempt.status_code, attempt.error) == (None, "timeout")
    assert attempt.duration_ms >= 400


@pytest.mark.parametrize(
    "answer",
    [
        endless(HEAD + b"content-length: 100\r\n\r\n", b"", 0.05),
        endless(HEAD + b"content-length: 4000\r\n\r\n", b"a", 0.05),
        endless(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n", 0.05),
        endless(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"0", 0.05),
        endless(HEAD + b"\r\n", b"a" * 8192),
        endless(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"2000\r\n" + b"a" * 8192 + b"\r\n"),
        fixed(HEAD + b"content-length: 100\r\n\r\nbroken off"),
        fixed(HEAD + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n"),
        fixed(HEAD + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\njunk"),
    ],
    ids=["none", "drip", "chunks", "chunk-size", "endless", "endless-chunks", "short", "bad-chunks", "bad-gzip"],
)
def test_answer_counts_once_its_headers_are_in_whatever_the_body_does(answer: Answer, serve: Serve) -> None:
    attempt = post(serve(answer), seconds=20)
    assert (attempt.status_code, attempt.error) == (200, None)
    assert attempt.duration_ms < 10_000, "a slow body may cost a second, not the whole deadline"


def test_name_look_up_that_hangs_ends_at_the_deadline(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: released.wait() and [])
    attempt = post(serve(), host="slow.example.com", seconds=0.3)
    released.set()
    assert attempt.error == "dns"


def test_handshake_that_never_gets_done_ends_at_the_deadline(serve: Serve, trusted: None) -> None:
    attempt = post(serve(silent), scheme="https", seconds=0.4)
    assert attempt.error == "timeout"


def test_addresses_that_swallow_every_packet_end_at_the_deadline(zone: Zone) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(8):  # a full queue: the kernel drops further attempts without a word
            fillers.append(filler := socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        zone["deaf.example.com"] = [["127.0.0.1"] * 3]
        attempt = safe_post(f"http://deaf.example.com:{port}/", b"", {}, timeout_seconds=0.6, allowed_networks=LOOPBACK)
        for filler in fillers:
            filler.close()
    assert attempt.error in {"timeout", "connect"}, "systems differ in what a full queue answers"


class EndingDeadline(Deadline):
    """A deadline that is over when it is asked so many times."""

    def __init__(self, asked: int) -> None:
        super().__init__(10)
        self._left = asked

    def remaining(self) -> float:
        if self._left == 0:
            raise TimeoutError("the time for this callback is up")
        self._left -= 1
        return super().remaining()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_socket_is_left_open_wherever_the_deadline_falls(
    scheme: str, serve: Serve, server_tls: ssl.SSLContext, trusted: None, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]
    receiver = serve(tls=server_tls if scheme == "https" else None)
    module = sys.modules[safe_post.__module__]  # its name in the package is the function's
    left_open: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", left_open.append)  # hears of a socket that nobody closed
    attempts = []
    for asked in range(12):
        monkeypatch.setattr(module, "Deadline", lambda _, asked=asked: EndingDeadline(asked))
        attempts.append(post(receiver, host="receiver.test", scheme=scheme))
        gc.collect()
    assert left_open == []
    assert (attempts[0].error, attempts[-1].status_code) == ("dns", 200)
    assert "timeout" in {attempt.error for attempt in attempts}
