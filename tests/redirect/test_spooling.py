"""Clicks on their way to the spool: who is told what, and when the answer is no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.redirect.spooling import MOST_WAITING, SpoolWriter
from shortlink.storage.spool import ClickSpool, SpooledClick

PATIENCE = 10.0


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[ClickSpool]:
    spool = ClickSpool(tmp_path / "spool")
    yield spool
    spool._close()


def click(at: int) -> SpooledClick:
    return SpooledClick(code="abcdefghj", at=at, verdict="h", rule="browser", spends=True)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), PATIENCE))


async def written(writer: SpoolWriter, *clicks: SpooledClick) -> list[Exception | None]:
    """Write clicks at once, and return what each was told."""
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Future[Exception | None]] = [loop.create_future() for _ in clicks]
    for one, end in zip(clicks, ends, strict=True):
        writer.write(one, end.set_result)
    return await asyncio.gather(*ends)


def kept_in(spool: ClickSpool) -> list[int]:
    kept: list[SpooledClick] = []
    spool.replay(kept.append)
    return [one.at for one in kept]


def test_who_is_told_that_all_is_well_has_its_click_on_the_disk(spool: ClickSpool) -> None:
    async def main() -> None:
        assert await written(SpoolWriter(spool), *(click(at) for at in range(5))) == [None] * 5

    run(main)
    assert kept_in(spool) == [0, 1, 2, 3, 4]


def test_a_write_that_failed_is_told_to_all_that_were_in_it_and_the_next_one_is_tried(
    spool: ClickSpool, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")

    async def main() -> None:
        writer = SpoolWriter(spool)
        told = await written(writer, click(1), click(2))
        assert [type(one) for one in told] == [StoreUnavailable] * 2
        folder.unlink()
        assert await written(writer, click(3)) == [None]

    run(main)
    assert kept_in(spool) == [3]


def test_what_nobody_expected_of_a_write_is_told_too(spool: ClickSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RuntimeError("a fault of ours")

    def fail(*_: SpooledClick) -> None:
        raise fault

    monkeypatch.setattr(spool, "append", fail)

    async def main() -> None:
        assert await written(SpoolWriter(spool), click(1)) == [fault]

    run(main)


def test_clicks_that_come_during_a_write_go_to_the_disk_together_with_the_next(
    spool: ClickSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    append = spool.append

    def note(*clicks: SpooledClick) -> None:
        writes.append(len(clicks))
        append(*clicks)

    monkeypatch.setattr(spool, "append", note)

    async def main() -> None:
        writer = SpoolWriter(spool)
        first = asyncio.create_task(written(writer, click(0)))
        while not writes:  # noqa: ASYNC110, it tells nobody
            await asyncio.sleep(0)
        await asyncio.gather(first, written(writer, *(click(at) for at in range(1, 50))))

    run(main)
    assert writes == [1, 49]


def test_a_disk_that_is_too_slow_for_what_comes_is_a_no_at_once(spool: ClickSpool) -> None:
    told: list[Exception | None] = []

    async def main() -> None:
        writer = SpoolWriter(spool)
        for at in range(MOST_WAITING + 3):
            writer.write(click(at), told.append)
        assert [type(one) for one in told] == [StoreUnavailable] * 3
        while len(told) < MOST_WAITING + 3:  # noqa: ASYNC110, it tells nobody
            await asyncio.sleep(0.001)
        assert told[3:] == [None] * MOST_WAITING
        assert await written(writer, click(0)) == [None]

    run(main)


def test_without_a_spool_the_answer_is_no() -> None:
    told: list[Exception | None] = []
    SpoolWriter(None).write(click(1), told.append)
    assert [type(one) for one in told] == [StoreUnavailable]
