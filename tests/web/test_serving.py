"""The doors as real processes: start, drain, crash, orphans."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import requests

from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.inbound import INBOUND_PATH
from tests.waiting import wait_until
from tests.web.conftest import SMS
from tests.web.doors import PATIENCE, Door


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


# The doors do the same on macOS; what is missing there is a way to look at processes without another library.
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(),
    reason="needs /proc, which macOS lacks, to tell a dead worker from a living one",
)


def test_sigterm_finishes_the_request_in_flight(serve: Callable[..., Door], settings: Settings) -> None:
    door = serve("--door", "api")
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    assert isinstance(body, str)
    head = (
        "POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Basic {credentials}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # the view runs and waits for the body
        door.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not door.answers())
        connection.sendall(body.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 201")
    assert door.process.wait(PATIENCE) == 0
    out, _ = door.process.communicate()
    assert out == b""


@needs_proc
def test_killed_worker_is_replaced(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api")
    (worker,) = door.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: worker not in door.workers() and len(door.workers()) == 1)
    wait_until(door.answers)
    assert door.process.poll() is None


@needs_proc
def test_workers_die_with_their_server(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api", "--workers", "2")
    workers = door.workers()
    assert len(workers) == 2
    door.process.kill()
    wait_until(lambda: all(is_gone(worker) for worker in workers))
    wait_until(lambda: not door.answers())


def test_wrong_settings_are_named_and_nothing_is_served() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHORTLINK_")}
    for wrong in ({}, {"SHORTLINK_NONSENSE": "1"}):
        done = subprocess.run(
            [sys.executable, "-m", "shortlink.web"], env=clean | wrong, capture_output=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (2, b"")
        assert (next(iter(wrong), "SHORTLINK_SECRET_KEY")).encode() in done.stderr
        assert b"Traceback" not in done.stderr


def test_a_body_cut_short_is_told_so(serve: Callable[..., Door], settings: Settings) -> None:
    door = serve("--door", "api")
    head = "POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    answers = [_said(door, head + "\r\nabc", and_no_more=True)]
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    answers.append(_said(door, f"{head}Authorization: Basic {credentials}\r\n{form}\r\nabc", and_no_more=True))
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 401", b"HTTP/1.1 400"]
    assert all(b"X-Request-Id: " in answer for answer in answers)


def test_a_form_of_which_a_part_came_is_told_so(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api")
    head = f"POST {INBOUND_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    short = _said(door, f"{head}Content-Length: 100\r\n\r\nBody=half a te", and_no_more=True)
    chunk = f"{80_000:x}\r\n{'x' * 80_000}\r\n0\r\n\r\n"
    long = _said(door, f"{head}Transfer-Encoding: chunked\r\n\r\n{chunk}", and_no_more=True)
    assert [answer[:12] for answer in (short, long)] == [b"HTTP/1.1 400", b"HTTP/1.1 413"]


def test_half_a_form_in_chunks_is_never_sent(
    serve: Callable[..., Door], settings: Settings, store: redis.Redis
) -> None:
    door = serve("--door", "api")
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    head = (
        f"POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    whole_chunk = f"{len(body or ''):x}\r\n{body!s}\r\n"
    before = store.dbsize()
    for cut in (whole_chunk[:-9], whole_chunk, f"{whole_chunk}0\r\n"):
        assert _said(door, head + cut, and_no_more=True).startswith(b"HTTP/1.1 400")
    assert store.dbsize() == before
    assert _said(door, f"{head}{whole_chunk}0\r\n\r\n").startswith(b"HTTP/1.1 201")


def test_a_header_that_is_not_ascii_is_not_taken_for_none(serve: Callable[..., Door], settings: Settings) -> None:
    door = serve("--door", "api")
    account = open_accounts(settings).add("Test")
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    assert isinstance(body, str)
    headers = (
        f"Host: x\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\nIdempotency-Key: caf\u00e9\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    answer = _said(door, f"POST /sms/messages/ HTTP/1.1\r\n{headers}\r\n{body}")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"printable ASCII" in answer


@pytest.mark.parametrize("keys", [("one", "two"), ("one", "one")])
def test_several_idempotency_keys_are_refused_and_nothing_is_sent(
    serve: Callable[..., Door], settings: Settings, store: redis.Redis, keys: tuple[str, ...]
) -> None:
    door = serve("--door", "api")
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    headers = "".join(f"Idempotency-Key: {key}\r\n" for key in keys)
    headers += f"Host: x\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\n"
    headers += "Content-Type: application/json\r\n"
    for path, content in (("/sms/messages/", SMS), ("/sms/messages/batch/", {"messages": [SMS]})):
        body = json.dumps(content)
        answer = _said(door, f"POST {path} HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}")
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"Send one Idempotency-Key" in answer
    assert not list(store.scan_iter("*}m*"))


def test_credentials_that_are_not_ascii_are_401_over_the_wire(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api")
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3"
    headers = f"Host: x\r\nConnection: close\r\nAuthorization: Basic \u00c3\u00a9\r\n{form}\r\n\r\na=b"
    for path in ("/sms/messages/", "/sms/messages/batch/", "/webhooks"):
        answer = _said(door, f"POST {path} HTTP/1.1\r\n{headers}")
        assert answer.startswith(b"HTTP/1.1 401")
        assert b"Invalid sid/token" in answer
        assert b"X-Request-Id: " in answer


def _said(door: Door, words: str, *, and_no_more: bool = False) -> bytes:
    """Say this, perhaps so that the other side knows that nothing more will come, and listen to the end."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as connection:
        connection.sendall(words.encode("latin-1"))
        if and_no_more:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
        return answer
