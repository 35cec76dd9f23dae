"""The parent of a door's processes: whom it starts, how often, and how it ends them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from shortlink.http1.parent import Parent
from tests.http1.quick_door import PATIENCE, get


def test_a_parent_is_indifferent_to_children_that_others_left_to_it() -> None:
    parent = Parent([], lambda _: None)
    parent._children[1] = (socket.socket(), 0.0)
    parent._note_end(os.getpid())
    assert list(parent._children) == [1]
    parent._children.pop(1)[0].close()


def test_who_queues_at_a_process_that_is_told_to_end_while_it_begins_is_answered() -> None:
    script = """
import asyncio, sys, time
from shortlink.http1.listening import open_sockets
from shortlink.http1.parent import Parent
from tests.http1.quick_door import PATIENCE, get
from shortlink.http1.server import Limits, Server, serve_until_told
from tests.http1.quick_door import QuickDoor

def work(listening):
    print(*listening.getsockname(), flush=True)
    sys.stdin.read()  # until the test has told it to end
    asyncio.run(serve_until_told(Server(QuickDoor(), Limits()), listening))

sys.exit(Parent(open_sockets("127.0.0.1", 0, 1), work).run())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        host, port = parent.stdout.readline().decode().split()
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            client.sendall(get("/a"))
            parent.terminate()
            time.sleep(0.2)  # for the parent to pass it on
            parent.stdin.close()
            assert client.recv(1000).endswith(b"ok")
        assert parent.wait(PATIENCE) == 0


@contextmanager
def parent_of(work: str, *, before: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Start a parent of one process that does this work, once the process has said so."""
    script = f"""
import os, sys, time
from shortlink.http1 import parent
{before}
def work(listening):
    os.write(1, b"x")
    {work}

sys.exit(parent.Parent(parent.open_sockets("127.0.0.1", 0, 1), work).run())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        try:
            assert started.stdout is not None
            assert started.stdout.read(1) == b"x"
            yield started
        finally:
            started.kill()


def test_a_process_that_cannot_live_is_not_started_without_end() -> None:
    with parent_of("os._exit(1)") as parent:
        time.sleep(1.5)
        parent.terminate()
        out, told = parent.communicate(timeout=PATIENCE)
    assert len(out) in range(1, 3), "it is started again, a second later"
    assert b"ended by itself" in told
    assert parent.returncode == 0


def test_a_process_that_does_not_end_when_it_is_told_to_is_ended() -> None:
    with parent_of("time.sleep(600)", before="parent.KILL_SECONDS = 1") as parent:
        parent.terminate()
        assert parent.wait(PATIENCE) == 0
