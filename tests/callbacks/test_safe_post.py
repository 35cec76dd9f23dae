"""What a receiver may do to us once it is called."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from shortlink.callbacks.transport import MAX_WIRE_BYTES
from tests.callbacks.conftest import Serve, Zone
from tests.callbacks.posting import post
from tests.callbacks.receivers import Answer, endless, fixed

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_request_arrives_whole_and_says_no_more_than_it_must(serve: Serve) -> None:
    receiver = serve()
    attempt = post(receiver, "/hook?a=b")
    [request] = receiver.requests
    assert (attempt.status_code, attempt.error, attempt.delivered) == (200, None, True)
    assert request.line == "POST /hook?a=b HTTP/1.1"
    assert request.body == b"a=1"
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "user-agent": "me",
        "content-length": "3",
        "connection": "close",
        "accept-encoding": "identity",
    }


def test_connection_is_closed_even_if_the_receiver_would_keep_it(serve: Serve) -> None:
    closed: list[bool] = []

    def keep(connection: socket.socket, _stop: Event) -> None:
        connection.sendall(HEAD + b"connection: keep-alive\r\ncontent-length: 2\r\n\r\nok")
        closed.append(connection.recv(1) == b"")

    receiver = serve(keep)
    assert post(receiver).status_code == 200
    receiver.close()
    assert closed == [True]


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 410, 429, 500, 503, 599])
def test_every_answer_is_a_status_code(status: int, serve: Serve) -> None:
    attempt = post(serve(fixed(f"HTTP/1.1 {status} Word\r\ncontent-length: 0\r\n\r\n".encode())))
    assert (attempt.status_code, attempt.error) == (status, None)


@pytest.mark.parametrize("interim", [100, 102, 103, 199])
def test_interim_answer_is_not_taken_for_the_final_one(interim: int, serve: Serve) -> None:
    hint = f"HTTP/1.1 {interim} Early\r\nlink: </a.css>; rel=preload\r\n\r\n".encode()
    attempt = post(serve(fixed(hint + hint + HEAD + b"content-length: 0\r\n\r\n")))
    assert (attempt.status_code, attempt.error) == (200, None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int, serve: Serve) -> None:
    canary = serve()
    head = f"HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{canary.port}/\r\nrefresh: 0\r\n"
    attempt = post(serve(fixed(f"{head}content-length: 0\r\n\r\n".encode())))
    assert attempt.status_code == status
    assert canary.connections == 0


def test_proxy_and_password_settings_of_the_machine_are_ignored(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, receiver = serve(), serve()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    (netrc := tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert post(receiver).status_code == 200
    assert proxy.connections == 0
    assert "authorization" not in receiver.requests[0].headers


def test_cookies_of_one_call_are_not_sent_with_the_next(serve: Serve) -> None:
    receiver = serve(fixed(HEAD + b"set-cookie: a=b\r\ncontent-length: 0\r\n\r\n"))
    for _ in range(2):
        assert post(receiver).status_code == 200
    assert "cookie" not in receiver.requests[1].headers


# ── Sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "answer",
    [
        endless(HEAD, b"x-header: " + b"a" * 1000 + b"\r\n"),
        endless(HEAD + b"x-long: ", b"a" * 8192),
        endless(b"", b"HTTP/1.1 100 Continue\r\n" + b"x: y\r\n" * 50 + b"\r\n"),
        endless(b"", b"a" * 8192),
    ],
    ids=["headers", "one-header", "continue", "first-line"],
)
def test_endless_headers_end_as_a_breach_of_protocol(answer: Answer, serve: Serve) -> None:
    attempt = post(serve(answer), seconds=20)
    assert (attempt.status_code, attempt.error) == (None, "protocol")


def test_bombs_and_endless_bodies_take_no_memory(serve: Serve) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    head = HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    receivers = [serve(fixed(head + bomb)), serve(endless(HEAD + b"\r\n", bytes(65536)))]
    for receiver in receivers:
        post(receiver)  # loads what is loaded once
    tracemalloc.start()
    try:
        for receiver in receivers * 5:
            assert post(receiver).status_code == 200
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * MAX_WIRE_BYTES


# ── The words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def reset(connection: socket.socket, _stop: Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def hang_up(_connection: socket.socket, _stop: Event) -> None:
    pass


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reset, "reset"),
        (hang_up, "reset"),
        (fixed(b"hello, this is HTTP/0.9 and no status line\r\n"), "protocol"),
        (fixed(b"\x00\xff\x16\x03" * 50), "protocol"),
        (fixed(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
        (fixed(b"HTTP/2.0 200 OK\r\n\r\n"), "protocol"),
        (fixed(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol"),
        (fixed(b"HTTP/1.1 20 OK\r\n\r\n"), "protocol"),
        (fixed(b"HTTP/1.1 -200 OK\r\n\r\n"), "protocol"),
        (fixed(HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\na"), "protocol"),
        (fixed(HEAD + b"x: y\r\n" * 200 + b"\r\n"), "protocol"),
    ],
    ids=["reset", "hang-up", "http09", "bytes", "ssh", "http2", "word", "two-digits", "minus", "lengths", "many"],
)
def test_answer_that_is_none_has_its_word(answer: Answer, word: str, serve: Serve) -> None:
    attempt = post(serve(answer))
    assert (attempt.status_code, attempt.error) == (None, word)


def test_odd_header_lines_do_not_spoil_an_answer(serve: Serve) -> None:
    odd = b"no colon here\r\n: no name\r\nset-cookie: \xff;;=;expires=junk\r\ncontent-type: ;;charset=\xfe\r\n"
    assert post(serve(fixed(HEAD + odd + b"\r\nok"))).status_code == 200


def test_port_that_nobody_listens_on_is_a_failed_connection(serve: Serve) -> None:
    receiver = serve()
    receiver.close()
    assert post(receiver).error == "connect"


def test_name_that_does_not_exist_is_a_dns_error(serve: Serve, zone: Zone) -> None:
    assert post(serve(), host="nowhere.example.com").error == "dns"


def test_second_address_is_tried_when_the_first_is_dead(serve: Serve, zone: Zone) -> None:
    receiver = serve()
    zone["two.example.com"] = [["127.0.0.9", "127.0.0.1"]]
    assert post(receiver, host="two.example.com").status_code == 200


def test_error_nobody_foresaw_is_an_attempt_all_the_same(
    serve: Serve, zone: Zone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("https://example.com/?secret=1")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert post(serve(), host="odd.example.com").error == "protocol"
    assert "LookupError" in caplog.text
    assert "secret" not in caplog.text


# ── Many at once, and nothing left behind ────────────────────────────────────────────────────────────────────────────
def settled(read: Callable[[], int], wanted: int) -> int:
    """Wait until a number has come down to what is wanted."""
    until = time.monotonic() + 10
    while (number := read()) > wanted and time.monotonic() < until:
        time.sleep(0.01)
    return number


def test_each_of_many_threads_gets_its_own_answer_and_none_is_left(serve: Serve, zone: Zone) -> None:
    zone["fast.example.com"] = [["127.0.0.1"]]
    codes = [200, 201, 204, 400, 410, 429, 500, 503]
    receivers = [serve(fixed(f"HTTP/1.1 {code} Word\r\n\r\n".encode())) for code in codes]
    slow = serve(endless(HEAD, b"x: y\r\n", 0.05))
    before = threading.active_count()

    def call(number: int) -> str | int | None:
        if number % 4 == 0:
            return post(slow, seconds=0.5).error
        return post(receivers[number % 8], host="fast.example.com").status_code

    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(call, range(128)))
    assert outcomes == ["timeout" if number % 4 == 0 else codes[number % 8] for number in range(128)]
    assert settled(threading.active_count, before) <= before


# ── Retry-After ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_retry_after_of_an_answer_is_handed_on(serve: Serve) -> None:
    attempt = post(serve(fixed(b"HTTP/1.1 429 Slow down\r\nRetry-After: 30\r\n\r\n")))
    assert (attempt.status_code, attempt.retry_after) == (429, 30.0)


# ── Logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_url_is_never_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        caplog.set_level(logging.DEBUG, name)
    post(serve(), "/hook?key=hush")
    post(serve(fixed(HEAD + b"no colon here\r\n\r\n")), "/hook?key=hush")
    post(serve(hang_up), "/hook?key=hush")
    assert "hush" not in caplog.text
    assert "hook" not in caplog.text


def test_calls_of_two_threads_each_dial_what_their_own_name_means(serve: Serve, zone: Zone) -> None:
    """Both are under way at the same time, on one port and so under one policy."""
    first = serve()
    second = serve(host="127.0.0.2", port=first.port)
    zone |= {"one.test": [["127.0.0.1"]], "two.test": [["127.0.0.2"]]}
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(post, first, host=name) for _ in range(20) for name in ("one.test", "two.test")]
        assert {call.result().status_code for call in calls} == {200}
    for receiver, name in ((first, "one.test"), (second, "two.test")):
        assert {request.headers["host"] for request in receiver.requests} == {f"{name}:{first.port}"}
        assert receiver.connections == 20


def test_what_one_call_was_told_is_gone_for_the_next(serve: Serve, zone: Zone) -> None:
    first = serve()
    serve(host="127.0.0.2", port=first.port)
    zone |= {"moves.test": [["127.0.0.1"], ["127.0.0.2"]]}
    for _ in range(3):
        assert post(first, host="moves.test").status_code == 200
    assert first.connections == 1
