"""One connection for an event loop: answers in pieces, answers that are none, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlink.domain.errors import StoreTrouble, StoreUnavailable
from shortlink.storage.async_connection import AsyncConnection
from shortlink.storage.async_line import AsyncLine
from tests.storage.played_store import on_a_loop, store_played_by

Answers = Callable[[int], bytes]  # of the number of the connection, what it answers to a GET


def _ask_a_store_that(answers: Answers, folder: Path, *, greets: tuple[bytes, ...] = (b"+PONG\r\n",)) -> Any:
    """Ask twice of a store that greets in these pieces; what came of it, and how many connections it took."""
    connections = 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        mine = connections
        while data := await reader.read(65536):
            for piece in (answers(mine),) if b"GET" in data else greets:
                writer.write(piece)
                await asyncio.sleep(0.002)
        writer.close()

    async def work(line: AsyncLine) -> list[Any]:
        async with store_played_by(play, folder):
            return [(await asyncio.gather(line.call(("GET", "k")), return_exceptions=True))[0] for _ in range(2)]

    return on_a_loop(work, f"unix://{folder}/s?db=1"), connections


def test_a_greeting_may_come_in_pieces(tmp_path: Path) -> None:
    answers, connections = _ask_a_store_that(
        lambda connection: b"+x\r\n", tmp_path, greets=(b"+O", b"K\r\n", b"+PON", b"G\r\n")
    )
    assert (answers, connections) == (["x", "x"], 1)


def test_a_store_that_is_loading_is_not_used_though_it_took_the_login(tmp_path: Path) -> None:
    answers, connections = _ask_a_store_that(
        lambda connection: b"+x\r\n", tmp_path, greets=(b"+OK\r\n", b"-LOADING it is\r\n")
    )
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 2
    assert connections == 2  # one for each who asked


def test_bytes_that_are_no_text_come_all_the_same(tmp_path: Path) -> None:
    answers, _ = _ask_a_store_that(lambda connection: b"$2\r\n\xff\xc3\r\n", tmp_path, greets=(b"+OK\r\n+PONG\r\n",))
    assert [answer.encode(errors="surrogateescape") for answer in answers] == [b"\xff\xc3"] * 2


@pytest.mark.parametrize("said", [b"HTTP/1.1 400\r\n\r\n", b"+x\r\n+of another\r\n"], ids=["no-answer", "one-too-many"])
def test_what_answers_no_command_ends_the_connection_and_is_taken_for_no_answer(said: bytes, tmp_path: Path) -> None:
    answers, connections = _ask_a_store_that(
        lambda connection: b"+x\r\n" if connection > 1 else said, tmp_path, greets=(b"+OK\r\n+PONG\r\n",)
    )
    assert (answers, connections) == (["x", "x"], 2)


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", StoreTrouble.FULL),
        ("READONLY You can't write against a read only replica.", StoreTrouble.READ_ONLY),
        ("LOADING Valkey is loading the dataset in memory", StoreTrouble.LOADING),
        ("NOREPLICAS Not enough good replicas to write.", StoreTrouble.ALONE),
    ],
)
def test_a_store_in_trouble_says_so_and_keeps_its_connection(said: str, trouble: StoreTrouble, tmp_path: Path) -> None:
    answers, connections = _ask_a_store_that(
        lambda connection: f"-{said}\r\n".encode(), tmp_path, greets=(b"+OK\r\n+PONG\r\n",)
    )
    assert [answer.trouble for answer in answers] == [trouble] * 2
    assert connections == 1


def test_whoever_gets_a_connection_that_is_closed_already_is_told_at_once() -> None:
    connection = AsyncConnection()
    told: list[str] = []
    connection.connection_lost(None)
    connection.hand_over(lambda answers: None, lambda: told.append("lost"))
    connection.send(b"nothing comes of it")
    connection.data_received(b"+OK\r\n")
    assert told == ["lost"]


def test_whoever_ends_a_connection_is_not_told_that_it_ended() -> None:
    connection = AsyncConnection()
    told: list[str] = []
    connection.hand_over(lambda answers: None, lambda: told.append("lost"))
    told.clear()
    connection.abort()
    connection.connection_lost(None)
    assert told == []
