"""What of the click spool is on the disk for good, and what a full or broken disk makes of it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import ClickSpool, SpooledClick
from tests.storage.spooled import click, keeping, leave, line


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
