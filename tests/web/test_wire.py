"""What only the wire shows of the API door: bodies cut short, and headers that no client of ours would send."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator

import pytest
import redis
import requests

from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.inbound import INBOUND_PATH
from tests.waiting import wait_until
from tests.web.conftest import SECRET_KEY, SMS
from tests.web.doors import PATIENCE, Door


@pytest.fixture(scope="module")
def door(valkey_url: str) -> Iterator[Door]:
    """One door for all of them: each start takes more than all that they ask."""
    door = Door(Settings(redis_url=valkey_url, secret_key=SECRET_KEY), "--door", "api")
    try:
        wait_until(door.answers)
        yield door
    finally:
        door.process.kill()
        door.process.communicate()


@pytest.fixture
def authorization(settings: Settings) -> str:
    """Open an account, and give its header."""
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    return f"Authorization: Basic {credentials}\r\n"


def test_a_body_cut_short_is_told_so(door: Door, authorization: str) -> None:
    head = "POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    answers = [_said(door, head + "\r\nabc", and_no_more=True)]
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    answers.append(_said(door, f"{head}{authorization}{form}\r\nabc", and_no_more=True))
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 401", b"HTTP/1.1 400"]
    assert all(b"X-Request-Id: " in answer for answer in answers)


def test_a_form_of_which_a_part_came_is_told_so(door: Door) -> None:
    head = f"POST {INBOUND_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    short = _said(door, f"{head}Content-Length: 100\r\n\r\nBody=half a te", and_no_more=True)
    chunk = f"{80_000:x}\r\n{'x' * 80_000}\r\n0\r\n\r\n"
    long = _said(door, f"{head}Transfer-Encoding: chunked\r\n\r\n{chunk}", and_no_more=True)
    assert [answer[:12] for answer in (short, long)] == [b"HTTP/1.1 400", b"HTTP/1.1 413"]


def test_half_a_form_in_chunks_is_never_sent(door: Door, authorization: str, store: redis.Redis) -> None:
    head = (
        f"POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}"
        "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    whole_chunk = f"{len(body or ''):x}\r\n{body!s}\r\n"
    for cut in (whole_chunk[:-9], whole_chunk, f"{whole_chunk}0\r\n"):
        assert _said(door, head + cut, and_no_more=True).startswith(b"HTTP/1.1 400")
    assert not list(store.scan_iter("*}m*"))
    assert _said(door, f"{head}{whole_chunk}0\r\n\r\n").startswith(b"HTTP/1.1 201")
    assert list(store.scan_iter("*}m*"))


def test_a_header_that_is_not_ascii_is_not_taken_for_none(door: Door, authorization: str) -> None:
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    assert isinstance(body, str)
    headers = (
        f"Host: x\r\nConnection: close\r\n{authorization}Idempotency-Key: caf\u00e9\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    )
    answer = _said(door, f"POST /sms/messages/ HTTP/1.1\r\n{headers}\r\n{body}")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"printable ASCII" in answer


@pytest.mark.parametrize("keys", [("one", "two"), ("one", "one")])
def test_several_idempotency_keys_are_refused_and_nothing_is_sent(
    door: Door, authorization: str, store: redis.Redis, keys: tuple[str, ...]
) -> None:
    headers = "".join(f"Idempotency-Key: {key}\r\n" for key in keys)
    headers += f"Host: x\r\nConnection: close\r\n{authorization}"
    headers += "Content-Type: application/json\r\n"
    for path, content in (("/sms/messages/", SMS), ("/sms/messages/batch/", {"messages": [SMS]})):
        body = json.dumps(content)
        answer = _said(door, f"POST {path} HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}")
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"Send one Idempotency-Key" in answer
    assert not list(store.scan_iter("*}m*"))


def test_credentials_that_are_not_ascii_are_401_over_the_wire(door: Door) -> None:
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
