"""A message is accepted over a line that breaks: before, within or behind the answer of the store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from tests.factories import link_start, make_message
from tests.storage.conftest import NOW
from tests.storage.played_store import on_a_loop, store_played_by


class BreakingLine:
    """Passes on what is said to a store and what it answers; breaks once, within the answer of this number."""

    def __init__(self, url: str, answer: int, passed_bytes: int) -> None:
        self._path = urlsplit(url).path
        self._left = answer
        self._passed_bytes = passed_bytes
        self.has_broken = False

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Play the store for one connection."""
        answers, to_store = await asyncio.open_unix_connection(self._path)
        while said := await reader.read(65_536):
            to_store.write(said)
            answer = await answers.read(65_536)
            self._left -= 1
            if not self._left:
                self.has_broken = True
                writer.write(answer[: self._passed_bytes])
                break
            writer.write(answer)
        writer.close()
        to_store.close()


@pytest.mark.parametrize("passed_bytes", [0, 3])
@pytest.mark.parametrize("answer", [2, 3, 4], ids=["the time", "no such script", "the accept"])  # 1 is the greeting
def test_one_message_comes_of_an_accept_whose_answer_was_lost(
    client: Store, messages: MessageStore, valkey_url: str, tmp_path: Path, answer: int, passed_bytes: int
) -> None:
    client.script_flush()
    message, breaking = make_message(), BreakingLine(valkey_url, answer, passed_bytes)

    async def work(line: AsyncLine) -> Any:
        async with store_played_by(breaking.play, tmp_path):
            steps = messages.add_steps(message, link_start=link_start(message), today=NOW // DAY_MS, now=NOW)
            return await line.perform(steps)

    assert on_a_loop(work, f"unix://{tmp_path}/s") == message.id
    assert messages.get(message.id).text == message.text
    assert Ledger(client).depth(Due.MESSAGES) == 1
    assert breaking.has_broken
