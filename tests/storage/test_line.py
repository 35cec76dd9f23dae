"""The line survives what happens to connections."""

from __future__ import annotations

import asyncio
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import BACKOFF, Store, connect
from shortlink.storage.line import Line
from shortlink.storage.steps import Steps


def kick_everybody(client: Store) -> None:
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def impatient(url: str, *, retries: int) -> Line:
    """A line that tries again as often, but at once."""
    return Line(connect(url).connection_pool, retries=retries, backoff=NoBackoff())


def test_a_connection_closed_meanwhile_is_opened_again_even_without_retries(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url, retries=0).line
    assert line.call("SET", "a", "ä") == "OK"
    kick_everybody(client)
    assert line.call("GET", "a") == "ä"


def test_a_store_that_is_away_is_said_after_the_retries() -> None:
    line = connect("unix:///nowhere/at/all.sock", retries=2).line
    with pytest.raises(StoreUnavailable):
        line.call("PING")


def test_a_thread_keeps_its_connection(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    assert line.call("CLIENT", "ID") == line.call("CLIENT", "ID")


@pytest.mark.parametrize("retries", [0, 1])
def test_a_store_that_goes_away_is_said_to_be_away_however_often_it_is_asked(retries: int) -> None:
    class AnswersOnce(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while said := self.request.recv(65_536):
                self.request.sendall(b"+OK\r\n" * said.count(b"CLIENT") + b"+PONG\r\n" * said.count(b"PING"))
                if b"PING" in said:
                    return

    with playing_store(AnswersOnce) as url:
        line = connect(f"{url}?protocol=2", retries=retries).line
        assert line.call("PING") == "PONG"
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            line.call("PING")


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_command_whose_connection_breaks_is_sent_again_as_often_as_is_said(retries: int) -> None:
    heard: list[bytes] = []

    class HangsUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while (said := self.request.recv(65_536)) and b"ECHO" not in said:
                self.request.sendall(b"+OK\r\n" * said.count(b"CLIENT"))
            heard.append(said)

    with playing_store(HangsUp) as url, pytest.raises(StoreUnavailable):
        impatient(f"{url}?protocol=2", retries=retries).call("ECHO", "x")
    assert len(heard) == 1 + retries


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_connection_that_cannot_be_opened_is_tried_again_as_often_as_is_said(retries: int) -> None:
    opened: list[object] = []

    class LetsNobodyIn(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            opened.append(self.request)

    with playing_store(LetsNobodyIn) as url, pytest.raises(StoreUnavailable):
        impatient(url, retries=retries).call("PING")
    assert len(opened) == 1 + retries


def test_a_store_that_is_away_for_a_third_of_a_second_is_waited_for_on_both_ways() -> None:
    store = connect("unix:///nowhere/at/all.sock")
    client: Retry = store.connection_pool.connection_kwargs["retry"]
    assert (client._backoff, client._retries) == (store.line._backoff, store.line._retries)
    assert 0.33 < sum(BACKOFF.compute(tried) for tried in range(1, 1 + store.line._retries)) < 0.5


def test_a_store_that_hangs_is_given_up_in_time_and_its_late_answer_is_never_mixed_up(
    valkey_url: str, client: Store
) -> None:
    line = connect(valkey_url, retries=0, timeout_seconds=0.1).line
    line.call("SET", "a", "right")
    client.execute_command("CLIENT", "PAUSE", "300", "ALL")
    with pytest.raises(StoreUnavailable):
        line.call("ECHO", "late")
    client.execute_command("CLIENT", "UNPAUSE")
    assert line.call("GET", "a") == "right"


@contextmanager
def playing_store(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    """Listen as a store that answers so; its address."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socketserver.ThreadingUnixStreamServer(f"{folder}/s", handler) as server,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"unix://{folder}/s"
        server.shutdown()


@contextmanager
def hanging_store() -> Iterator[tuple[str, list[bytes]]]:
    """Listen as a store that takes every command and answers none but those of the greeting."""
    heard: list[bytes] = []

    class Mute(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while said := self.request.recv(65_536):
                heard.append(said)
                if b"CLIENT" in said:
                    self.request.sendall(b"+OK\r\n" * said.count(b"CLIENT"))

    with playing_store(Mute) as url:
        yield url, heard


def test_a_store_that_hangs_is_asked_once_however_often_a_lost_connection_would_be_retried() -> None:
    asks: list[Callable[[Store], object]] = [lambda store: store.line.call("ECHO", "x"), lambda store: store.get("x")]
    for ask in asks:
        with hanging_store() as (url, heard):
            store = connect(url, timeout_seconds=0.2, retries=3)
            with pytest.raises(StoreUnavailable):
                ask(store)
            assert sum(said.count(b"\r\nx\r\n") for said in heard) <= 1
            assert len([said for said in heard if b"HELLO" in said]) <= 1


def test_an_error_of_ours_stays_what_it_is(valkey_url: str, client: Store) -> None:
    with pytest.raises(ResponseError):
        connect(valkey_url).line.call("INCR")


def test_a_full_store_is_unavailable(valkey_url: str, client: Store) -> None:
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            connect(valkey_url).line.call("SET", "a", "b")
    finally:
        client.config_set("maxmemory", "0")


def test_a_store_that_only_reads_is_unavailable_on_every_line(valkey_url: str, client: Store) -> None:
    async def ask() -> None:
        line = AsyncLine(valkey_url, timeout_seconds=2.0)
        try:
            await line.call(("SET", "a", "b"))
        finally:
            line.close()

    client.execute_command("REPLICAOF", "127.0.0.1", "1")  # as after a failover
    try:
        with pytest.raises(StoreUnavailable):
            connect(valkey_url).line.call("SET", "a", "b")
        with pytest.raises(StoreUnavailable):
            asyncio.run(ask())
    finally:
        client.execute_command("REPLICAOF", "NO", "ONE")


def test_threads_do_not_share_a_connection(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: line.call("ECHO", n), range(500)))
    assert answers == [str(n) for n in range(500)]


def _say(*words: str) -> Steps[list[str]]:
    """Have each of these said by the store, a round trip for each."""
    said: list[str] = []
    for word in words:
        said.append((yield ("ECHO", word)))  # noqa: PERF401, a comprehension cannot be a generator's
    return said


def _fail_first() -> Steps[str]:
    try:
        yield ("NO_SUCH_COMMAND",)
    except ResponseError:
        return str((yield ("ECHO", "handled")))
    return "not raised"


def _fail(commands: int) -> Steps[str]:
    for _ in range(commands):
        yield ("ECHO", "x")
    raise KeyError(commands)


def test_an_operation_is_led_to_its_end_and_may_handle_what_went_wrong(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    assert line.perform(_say("a", "b")) == ["a", "b"]
    assert line.perform(_fail_first()) == "handled"
    with pytest.raises(KeyError):
        line.perform(_fail(2))


def test_operations_side_by_side_end_each_in_its_own_way(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    operations: list[Steps[Any]] = [_say("a", "b", "c"), _fail_first(), _say(), _fail(0), _fail(2), _say("d")]
    first, handled, nothing, at_once, later, last = line.perform_many(operations)
    assert [first, handled, nothing, last] == [["a", "b", "c"], "handled", [], ["d"]]
    assert [repr(at_once), repr(later)] == ["KeyError(0)", "KeyError(2)"]
    assert line.perform_many([]) == []


def test_an_answer_that_is_no_text_ends_its_own_operation_and_no_other(valkey_url: str, client: Store) -> None:
    def ask(*command: str) -> Steps[Any]:
        return (yield command)

    line = connect(valkey_url).line
    line.call("RPUSH", "bytes", "a", b"\xff", "b")
    connection = line.call("CLIENT", "ID")
    before, damaged, behind, id_ = line.perform_many(
        [_say("a", "b"), ask("LRANGE", "bytes", "0", "-1"), _say("c"), ask("CLIENT", "ID")]
    )
    assert [before, type(damaged), behind] == [["a", "b"], UnicodeDecodeError, ["c"]]
    assert id_ == line.call("CLIENT", "ID") == connection  # where nothing was left unread


def test_who_is_interrupted_between_two_answers_takes_none_of_them_for_a_later_one(
    valkey_url: str, client: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = connect(valkey_url).line
    line.call("PING")
    connection = line._thread.connection
    reads = iter([connection.read_response])

    def read_once(**options: Any) -> Any:
        for read in reads:
            return read(**options)
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "read_response", read_once)
    with pytest.raises(KeyboardInterrupt):
        line.perform_many([_say("first"), _say("second")])
    monkeypatch.undo()
    assert line.call("ECHO", "third") == "third"


def test_operations_side_by_side_take_a_round_trip_for_all_their_next_commands(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    line.perform_many([_push(name) for name in "abc"])
    assert client.lrange("pushed", 0, -1) == ["a1", "b1", "c1", "a2", "b2", "c2"]


def _push(name: str) -> Steps[None]:
    yield ("RPUSH", "pushed", f"{name}1")
    yield ("RPUSH", "pushed", f"{name}2")


def test_each_of_many_operations_hears_that_the_store_is_away() -> None:
    results = connect("unix:///nowhere/at/all.sock", retries=0).line.perform_many([_say("a"), _say("b", "c"), _say()])
    assert [type(result) for result in results] == [StoreUnavailable, StoreUnavailable, list]
