"""What the click spool promises, on a real disk."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import IO

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import ClickSpool, SpooledClick


def click(at: int) -> SpooledClick:
    return SpooledClick(code="abcdefghj", at=at, verdict="h", rule="browser", spends=True)


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


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Note what goes to the disk for good: the number of a file or folder, and what it held by then."""
    found: list[tuple[int, int]] = []

    def note(descriptor: int) -> None:
        seen = os.fstat(descriptor)
        held = len(os.listdir(descriptor)) if stat.S_ISDIR(seen.st_mode) else seen.st_size
        found.append((seen.st_ino, held))

    monkeypatch.setattr(os, "fsync", note)
    return found


def test_a_click_is_on_the_disk_with_its_file_and_the_names_of_new_folders(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    folder = tmp_path / "a" / "spool"
    spool = ClickSpool(folder)
    spool.append(click(1))
    (path,) = folder.iterdir()
    assert path.suffix == ".clicks"
    file, size = path.stat().st_ino, path.stat().st_size
    folders = [(one.stat().st_ino, 1) for one in (folder.parent, tmp_path, folder)]
    assert synced == [*folders, (file, size)]
    spool.append(click(2))
    assert synced[len(folders) + 1 :] == [(file, 2 * size)], "the folder holds the same name still"
    spool.replay(lambda _: None)


def test_a_file_whose_name_cannot_be_kept_for_good_takes_no_click(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "broken")

    spool = ClickSpool(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreUnavailable):
            spool.append(click(1))
    kept: list[SpooledClick] = []
    assert spool.replay(kept.append) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_stays_spooled_is_on_the_disk_before_the_file_it_stood_in_is_gone(
    tmp_path: Path, synced: list[tuple[int, int]]
) -> None:
    spool = ClickSpool(tmp_path)
    spool.append(click(1), click(2))
    synced.clear()

    def keep(one: SpooledClick) -> None:
        if one.at == 2:
            raise StoreUnavailable("gone again")

    with pytest.raises(StoreUnavailable):
        spool.replay(keep)
    (rest,) = tmp_path.iterdir()
    assert synced == [(rest.stat().st_ino, rest.stat().st_size)]


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


def test_a_line_cut_short_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    spool.append(click(1))
    (path,) = tmp_path.iterdir()
    with path.open("a") as file:
        file.write('{"code": "abc')
    kept: list[SpooledClick] = []
    spool.replay(kept.append)
    assert kept == [click(1)]


def leave(folder: Path, name: str, *lines: bytes) -> None:
    (folder / f"{name}.clicks").write_bytes(b"".join(line + b"\n" for line in lines))


def line(at: int) -> bytes:
    return json.dumps(asdict(click(at))).encode()


def test_clicks_of_several_files_come_back_in_the_order_of_their_time(tmp_path: Path) -> None:
    leave(tmp_path, "1-a", line(2), line(5), line(4))
    leave(tmp_path, "2-b", line(1), line(3))
    kept: list[SpooledClick] = []
    assert ClickSpool(tmp_path).replay(kept.append) == 5
    assert [one.at for one in kept] == [1, 2, 3, 4, 5]


def test_what_was_not_stored_stays_in_each_of_several_files(tmp_path: Path) -> None:
    leave(tmp_path, "1-a", line(2), line(5), line(4))
    leave(tmp_path, "2-b", line(1), line(3))
    kept: list[SpooledClick] = []

    def keep(one: SpooledClick) -> None:
        if one.at == 4 and len(kept) == 3:
            raise ValueError("a fault of ours")
        kept.append(one)

    with pytest.raises(ValueError, match="a fault of ours"):
        ClickSpool(tmp_path).replay(keep)
    assert [path.name for path in tmp_path.iterdir()] == ["1-a.clicks"]
    ClickSpool(tmp_path).replay(kept.append)
    assert [one.at for one in kept] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff\xfe",
        b"",
        b"null",
        b"[1]",
        b'{"code": "abc"}',
        line(3).replace(b"abc", b"\\ud800"),
        line(3).replace(b'"h"', b'"?"'),
        line(3).replace(b"3", b'"3"'),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside_and_holds_nothing_up(
    tmp_path: Path, bad: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    leave(tmp_path, "1-a", line(1), bad, line(4))
    leave(tmp_path, "2-b", line(2))
    kept: list[SpooledClick] = []
    spool = ClickSpool(tmp_path)
    assert (spool.replay(kept.append), spool.replay(kept.append)) == (3, 0)
    assert [one.at for one in kept] == [1, 2, 4]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"1-a.unreadable": bad + b"\n"}
    assert caplog.text.count("1-a.unreadable") == 1


def test_what_is_no_file_is_told_once_and_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "1-a.clicks").mkdir()
    leave(tmp_path, "2-b", line(2))
    spool = ClickSpool(tmp_path)
    kept: list[SpooledClick] = []
    assert (spool.replay(kept.append), spool.replay(kept.append)) == (1, 0)
    assert caplog.text.count("1-a.clicks") == 1


def test_clicks_in_a_folder_that_cannot_be_written_wait_and_count_once_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leave(tmp_path, "1-a", line(1))
    leave(tmp_path, "2-b", line(2))
    spool, kept = ClickSpool(tmp_path), list[SpooledClick]()
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: not (path == tmp_path and mode & os.W_OK))
        assert [spool.replay(kept.append) for _ in range(3)] == [0, 0, 0]
    assert caplog.text.count("let this user write the folder") == 1
    assert [spool.replay(kept.append) for _ in range(2)] == [2, 0]
    assert [one.at for one in kept] == [1, 2]


def test_an_empty_folder_that_cannot_be_written_is_nobodys_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert ClickSpool(tmp_path).replay(lambda _: None) == 0
    assert caplog.text == ""


@pytest.mark.parametrize(("mode", "another", "count"), [(0o777, 1, 1), (0o1777, 1, 0), (0o1777, 0, 1)])
def test_a_file_of_another_user_waits_in_a_folder_where_only_that_user_may_remove_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mode: int,
    another: int,
    count: int,
) -> None:
    leave(tmp_path, "1-a", line(1))
    tmp_path.chmod(mode)
    uid = os.geteuid() or 1000  # for root every file is its own
    os.chown(tmp_path / "1-a.clicks", uid, -1)
    monkeypatch.setattr(os, "geteuid", lambda: uid + another)
    spool = ClickSpool(tmp_path)
    assert [spool.replay(lambda _: None) for _ in range(2)] == [count, 0]
    assert caplog.text.count("let this user own it") == 1 - count


def test_a_file_that_cannot_be_removed_after_all_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leave(tmp_path, "1-a", line(1), line(2))
    spool, kept = ClickSpool(tmp_path), list[SpooledClick]()

    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, "not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        assert [spool.replay(kept.append) for _ in range(3)] == [2, 0, 0]
    assert caplog.text.count("not permitted") == 1
    assert spool.replay(kept.append) == 0
    assert list(tmp_path.iterdir()) == []


def keeping(kept: list[SpooledClick], most: int) -> Callable[[SpooledClick], None]:
    """Keep so many clicks; then the store is away."""

    def keep(one: SpooledClick) -> None:
        if len(kept) >= most:
            raise StoreUnavailable("gone again")
        kept.append(one)

    return keep


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClickSpool:
    """A spool of three clicks, the first of which is stored, while the disk was too full to take it out of its file."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    leave(tmp_path, "1-a", line(1), line(2), line(3))
    spool = ClickSpool(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreUnavailable):
            spool.replay(keeping([], 1))
    return spool


def test_a_full_disk_makes_no_click_count_twice(interrupted: ClickSpool, tmp_path: Path) -> None:
    kept: list[SpooledClick] = []
    interrupted.replay(kept.append)
    assert [one.at for one in kept] == [2, 3]
    assert list(tmp_path.glob("*.clicks")) == []


def test_what_another_process_left_of_a_file_is_not_passed_over(interrupted: ClickSpool, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        ClickSpool(tmp_path).replay(keeping([], 2))
    kept: list[SpooledClick] = []
    interrupted.replay(kept.append)
    assert [one.at for one in kept] == [3]


def test_a_disk_that_takes_nothing_is_said_not_hidden(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path / "file" / "folder")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        spool.append(click(1))


FULL_DISK = """
import resource, sys
from pathlib import Path
from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import ClickSpool, SpooledClick

def click(at):
    return SpooledClick(code="abcdefghj", at=at, verdict="h", rule="browser", spends=True)

def has_room(*, bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, resource.RLIM_INFINITY))

def is_taken(at):
    try:
        spool.append(click(at))
    except StoreUnavailable:
        return False
    return True

spool, kept = ClickSpool(Path(sys.argv[1])), []
print(is_taken(1))
has_room(bytes=150)
print(is_taken(2), spool.replay(kept.append), is_taken(3))
has_room(bytes=resource.RLIM_INFINITY)
print(is_taken(4), spool.replay(kept.append), [one.at for one in kept])
"""


def test_a_click_that_a_full_disk_refused_is_not_kept_and_the_next_one_is(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["True", "False 1 True", "True 2 [1, 3, 4]"]


def test_where_not_even_a_refused_click_can_be_taken_back_the_next_one_begins_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, sync = ClickSpool(tmp_path), os.fsync

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    spool.append(click(1))
    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(os, "ftruncate", fail)
    with pytest.raises(StoreUnavailable):
        spool.append(click(2))
    monkeypatch.setattr(os, "fsync", sync)
    spool.append(click(3))
    assert len(list(tmp_path.iterdir())) == 2
    kept: list[SpooledClick] = []
    spool.replay(kept.append)
    assert {1, 3} <= {one.at for one in kept}


def test_every_file_of_the_spool_is_for_its_owner_alone(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        spool = ClickSpool(tmp_path)
        spool.append(click(1), click(2))
        (begun,) = tmp_path.iterdir()
        assert begun.stat().st_mode & 0o777 == 0o600
        (tmp_path / "torn.clicks").write_bytes(b"no click\n")
        with pytest.raises(StoreUnavailable):
            spool.replay(refuse_after_the_first())
        assert len(list(tmp_path.iterdir())) >= 2
        assert {path.suffix: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            ".clicks": 0o600,
            ".unreadable": 0o600,
        }
    finally:
        os.umask(umask)


def refuse_after_the_first() -> Callable[[SpooledClick], None]:
    kept: list[SpooledClick] = []

    def keep(one: SpooledClick) -> None:
        if kept:
            raise StoreUnavailable("away")
        kept.append(one)

    return keep
