"""What the click spool promises, on a real disk: every click comes back, once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.storage.spool import ClickSpool, SpooledClick
from tests.storage.spooled import click


def test_spooled_clicks_come_back_once_in_order_and_leave_nothing_behind(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    for at in range(5):
        spool.append(click(at))
    kept: list[SpooledClick] = []
    assert spool.replay(kept.append) == 5
    assert kept == [click(at) for at in range(5)]
    assert spool.replay(kept.append) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_goes_away_again_keeps_the_rest_spooled(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    for at in range(5):
        spool.append(click(at))
    kept: list[SpooledClick] = []

    def keep(one: SpooledClick) -> None:
        if len(kept) == 2:
            raise StoreUnavailable("gone again")
        kept.append(one)

    with pytest.raises(StoreUnavailable):
        spool.replay(keep)
    rest: list[SpooledClick] = []
    spool.replay(rest.append)
    assert [one.at for one in kept + rest] == [0, 1, 2, 3, 4]


def test_a_click_on_a_damaged_record_is_set_aside_and_keeps_nobody_from_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = ClickSpool(tmp_path)
    for at in range(4):
        spool.append(click(at))
    kept: list[int] = []

    def keep(one: SpooledClick) -> None:
        if one.at in (1, 2):
            raise RecordUnreadable(one.code, "it is no hash")
        kept.append(one.at)

    assert spool.replay(keep) == 2
    assert kept == [0, 3]
    (aside,) = tmp_path.iterdir()
    assert len(caplog.messages) == 1
    assert str(aside) in caplog.text
    aside.rename(aside.with_suffix(".clicks"))  # as the log says
    assert spool.replay(lambda one: kept.append(one.at)) == 2
    assert kept == [0, 3, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_click_that_cannot_be_set_aside_stays_spooled(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    spool.append(click(1))

    def keep(one: SpooledClick) -> None:
        (tmp_path / f"{os.getpid()}-damaged.unreadable").mkdir(exist_ok=True)
        raise RecordUnreadable(one.code, "it is no hash")

    with pytest.raises(StoreUnavailable, match="cannot be written"):
        spool.replay(keep)
    assert spool.replay(lambda _: None) == 1


def test_a_file_just_begun_is_not_taken_for_one_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, other = ClickSpool(tmp_path), ClickSpool(tmp_path)
    lock = fcntl.flock

    def lock_late(file: IO[str], how: int) -> None:
        if how == fcntl.LOCK_EX:  # the writer's; between its opening and its locking, another process replays
            other.replay(lambda _: None)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    spool.append(click(1))
    kept: list[SpooledClick] = []
    other.replay(kept.append)  # held by its writer
    spool.replay(kept.append)
    assert kept == [click(1)]


def test_clicks_spooled_while_replaying_are_not_lost(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    spool.append(click(1))
    kept: list[SpooledClick] = []

    def keep(one: SpooledClick) -> None:
        kept.append(one)
        if one.at == 1:
            spool.append(click(2))

    spool.replay(keep)
    spool.replay(keep)
    assert [one.at for one in kept] == [1, 2]


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    kept: list[SpooledClick] = []
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(spool.append, click(at)) for at in range(200)]
        spool.replay(kept.append)
        for future in futures:
            future.result()
    spool.replay(kept.append)
    assert sorted(one.at for one in kept) == list(range(200))


def test_what_a_killed_process_left_is_replayed_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib, signal\n"
        "from shortlink.storage.spool import ClickSpool, SpooledClick\n"
        "spool = ClickSpool(pathlib.Path(sys.argv[1]))\n"
        "spool.append(SpooledClick(code='abcdefghj', at=7, verdict='h', rule='r', spends=True))\n"
        "print('written', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        kept: list[SpooledClick] = []
        assert ClickSpool(tmp_path).replay(kept.append) == 0
        other.kill()
        other.wait()
        assert ClickSpool(tmp_path).replay(kept.append) == 1
    assert kept[0].at == 7
