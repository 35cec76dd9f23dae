"""Write clicks to the spool without holding up the event loop, many with one write to the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from shortlink.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from shortlink.storage.spool import ClickSpool, SpooledClick

log = logging.getLogger(__name__)
MOST_WAITING = 4096
Told = Callable[[Exception | None], None]


class SpoolWriter:
    """Whatever comes while a write is under way goes to the disk with the next one, on a thread of its own."""

    def __init__(self, spool: ClickSpool | None) -> None:
        self._spool = spool
        self._waiting: list[tuple[SpooledClick, Told]] = []
        self._thread: ThreadPoolExecutor | None = None
        self._writing: asyncio.Task[None] | None = None

    def write(self, click: SpooledClick, told: Told) -> None:
        """Write a click and call `told` once it is on the disk, or with the reason why it is not."""
        if self._spool is None or len(self._waiting) >= MOST_WAITING:
            told(StoreUnavailable("the click spool cannot take more"))
            return
        self._waiting.append((click, told))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_all(self._spool))

    async def _write_all(self, spool: ClickSpool) -> None:
        loop = asyncio.get_running_loop()
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                await loop.run_in_executor(self._thread, spool.append, *(click for click, _ in batch))
            except Exception as reason:  # noqa: BLE001, those who wait are told
                error = reason
            for _, told in batch:
                told(error)
        self._writing = None
