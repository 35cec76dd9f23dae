"""A log that nobody takes: doors answer all the same, and what can be told is told."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from shortlink.config import Settings
from shortlink.telemetry.log_aside import MOST_WAITING, log_aside
from shortlink.telemetry.logs import JsonFormatter
from tests.factories import MINT
from tests.redirect.conftest import PHONE
from tests.waiting import wait_until
from tests.web.doors import PATIENCE, Door


def clog(process_id: int) -> None:
    """Fill the pipe to which a process writes its log."""
    pipe = os.open(f"/proc/{process_id}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    for size in (4096, 1):
        with suppress(BlockingIOError):
            while os.write(pipe, bytes(size)):
                pass
    os.close(pipe)


class Reader(logging.Handler):
    """Takes lines when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("test"))
        self.has_one = threading.Event()
        self.may_go_on = threading.Event()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.has_one.set()
        self.may_go_on.wait(PATIENCE)
        self.lines.append(self.format(record))


@pytest.fixture
def reader() -> Iterator[Reader]:
    """Reads the root's log in place of all who do."""
    root, made = logging.getLogger(), Reader()
    handlers, level = root.handlers, root.level
    root.handlers = [made]
    root.setLevel(logging.INFO)
    yield made
    root.handlers = handlers
    root.setLevel(level)


@pytest.mark.parametrize("module", ["shortlink.redirect", "shortlink.web"])
def test_a_door_whose_log_nobody_takes_answers_all_the_same(link_settings: Settings, module: str) -> None:
    door = Door(link_settings, module=module, SHORTLINK_REDIS_URL="unix:///nowhere/at/all.sock")
    tap = f"GET /{MINT.draw()} HTTP/1.1\r\nHost: x\r\nUser-Agent: {PHONE}\r\n\r\n".encode()
    try:
        wait_until(door.answers)
        clog(door.process.pid)
        with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as connection:
            for _ in range(3):
                connection.sendall(tap)
                assert connection.recv(65536).startswith(b"HTTP/1.1 503")
    finally:
        door.process.kill()
        door.process.communicate()


def test_lines_keep_their_order_their_values_and_what_went_wrong(reader: Reader) -> None:
    reader.may_go_on.set()
    log = logging.getLogger("a.door")
    with log_aside():
        for number in range(3):
            log.info("told number=%d", number)
        try:
            raise ValueError("this")
        except ValueError:
            log.exception("failed request_id=%s", "r1")
    told = [json.loads(line) for line in reader.lines]
    assert [one.get("number") for one in told] == [0, 1, 2, None]
    assert (told[3]["request_id"], "ValueError: this" in told[3]["exception"]) == ("r1", True)


def test_lines_that_nobody_took_are_counted_and_how_many_is_told(reader: Reader) -> None:
    log = logging.getLogger("a.door")
    with log_aside():
        log.info("the first")
        assert reader.has_one.wait(PATIENCE)  # in its hands, the first leaves its room
        for _ in range(MOST_WAITING + 7):
            log.info("another")
        reader.may_go_on.set()
        wait_until(lambda: len(reader.lines) == MOST_WAITING + 2)
    lost = [line for line in reader.lines if "are lost" in line]
    assert [json.loads(line)["message"].split(" ")[0] for line in lost] == ["7"]


def test_a_log_that_nobody_takes_keeps_no_process_from_its_end(reader: Reader) -> None:
    with log_aside():
        logging.getLogger("a.door").info("held")
    assert reader in logging.getLogger().handlers
    assert reader.lines == [], "it is still held"
    reader.may_go_on.set()
