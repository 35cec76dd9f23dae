"""The redirect door as real processes: start, drain, crash, orphans, ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shortlink.bootstrap.doors import Services
from shortlink.config import Settings
from shortlink.domain.message import Message
from tests.redirect.conftest import PHONE, read_all
from tests.waiting import wait_until
from tests.web.doors import PATIENCE, Door
from tests.web.test_serving import is_gone, needs_proc

MODULE = "shortlink.redirect"
# On one core every process has it to itself already, and where none are told, as on macOS, none is given either.
needs_two_cores = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is one core alone"
)


@pytest.fixture
def serve(link_settings: Settings) -> Iterator[Callable[..., Door]]:
    """Start redirect doors as processes of their own."""
    doors: list[Door] = []

    def start(*arguments: str, **variables: str) -> Door:
        door = Door(link_settings, *arguments, module=MODULE, **variables)
        doors.append(door)
        wait_until(door.answers)
        if "--workers" in arguments:  # the first answers before the last is there
            wait_until(lambda: len(door.workers()) == int(arguments[arguments.index("--workers") + 1]))
        return door

    yield start
    for door in doors:
        door.process.kill()
        door.process.communicate()


@needs_proc
def test_taps_are_answered_through_a_crash_a_change_of_processes_and_a_stop(
    serve: Callable[..., Door], tracked: Message, services: Services
) -> None:
    door = serve("--workers", "2", SHORTLINK_MISSES_PER_MINUTE="0")
    tap = f"GET /{tracked.code} HTTP/1.1\r\nHost: x\r\nUser-Agent: {PHONE}\r\n\r\n".encode()

    first, _ = door.workers()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first not in door.workers() and len(door.workers()) == 2)
    for _ in range(8):  # both sockets answer: the one whose process died, and the other
        # A 503 is what a store may be given for that has to wait for the processor.
        wait_until(lambda: _first_answer(door, tap).startswith(b"HTTP/1.1 302"))

    old = set(door.workers())
    door.process.send_signal(signal.SIGHUP)
    while len(door.workers()) != 2 or old & set(door.workers()):
        assert _first_answer(door, tap).startswith(b"HTTP/1.1 "), "nobody is turned away by a change of processes"

    with (
        socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as idle,
        socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as busy,
    ):
        busy.sendall(tap[:40])
        wait_until(door.answers)
        door.process.send_signal(signal.SIGTERM)
        assert idle.recv(100) == b"", "an idle connection is closed"
        busy.sendall(tap[40:])
        answer = read_all(busy)
        wait_until(lambda: not door.answers())  # nobody new is let in
    assert answer.startswith((b"HTTP/1.1 302", b"HTTP/1.1 503"))
    assert b"Connection: close" in answer
    assert door.process.wait(PATIENCE) == 0
    out, told = door.process.communicate()
    assert (out, b"Traceback" in told) == (b"", False)
    link = services.messages.get(tracked.id).link
    assert link is not None
    assert link.clicks >= 8


def _first_answer(door: Door, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        return connection.recv(4096)


def test_two_processes_together_allow_no_more_misses_than_one(serve: Callable[..., Door]) -> None:
    door = serve("--workers", "2", SHORTLINK_MISSES_PER_MINUTE="4")
    miss = b"GET /7gbpv6YAK HTTP/1.1\r\nHost: x\r\n\r\n"
    answers: list[bytes] = []
    while answers.count(b"429") < 36:  # a 503 in between, while the store waits for the processor, counts for nothing
        answers.append(_first_answer(door, miss)[9:12])
    assert answers.count(b"404") in range(2, 5)  # 2 when the kernel gave them all to one process


@needs_proc
def test_workers_die_with_their_parent_and_the_port_is_free_again(serve: Callable[..., Door]) -> None:
    door = serve("--workers", "2")
    workers = door.workers()
    taken = subprocess.run(door.process.args, env=door.environment, capture_output=True, timeout=60, check=False)
    assert taken.returncode == 1
    assert b"cannot listen" in taken.stderr
    door.process.kill()
    wait_until(lambda: all(is_gone(worker) for worker in workers))
    assert not door.answers()


@needs_proc
def test_each_process_keeps_to_a_core_of_its_own_where_there_is_one_for_each(serve: Callable[..., Door]) -> None:
    cores = os.sched_getaffinity(0)
    door = serve("--workers", str(len(cores)))
    wait_until(lambda: _cores_of(door) == [{core} for core in sorted(cores)])

    first = door.workers()[0]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first not in door.workers() and _cores_of(door) == [{core} for core in sorted(cores)])


@needs_proc
@needs_two_cores
def test_processes_are_left_where_the_kernel_puts_them_when_there_are_more_cores(serve: Callable[..., Door]) -> None:
    door = serve("--workers", "1")
    assert _cores_of(door) == [os.sched_getaffinity(0)]


@needs_proc
@needs_two_cores
def test_a_change_of_processes_minds_the_cores_that_are_allowed_by_then(serve: Callable[..., Door]) -> None:
    cores = os.sched_getaffinity(0)
    door = serve("--workers", str(len(cores)))
    old = set(door.workers())
    for pid in (door.process.pid, *old):
        os.sched_setaffinity(pid, {min(cores)})
    door.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not old & set(door.workers()) and len(door.workers()) == len(cores))
    wait_until(lambda: _cores_of(door) == [{min(cores)}] * len(cores))


@needs_proc
def test_processes_that_have_to_share_cores_are_left_where_the_kernel_puts_them(serve: Callable[..., Door]) -> None:
    cores = os.sched_getaffinity(0)
    door = serve("--workers", str(len(cores) + 1))
    assert _cores_of(door) == [cores] * (len(cores) + 1)


def _cores_of(door: Door) -> list[set[int]]:
    """Give the cores that each process may run on."""
    return sorted((os.sched_getaffinity(worker) for worker in door.workers()), key=min)


def test_wrong_settings_are_named_and_nothing_is_served() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHORTLINK_")}
    done = subprocess.run(
        [sys.executable, "-m", MODULE], env=clean, capture_output=True, timeout=60, check=False, cwd=Path.cwd()
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"SHORTLINK_SECRET_KEY" in done.stderr
    assert b"Traceback" not in done.stderr
