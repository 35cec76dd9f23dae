"""The files of the click spool: read in order of time, whoever owns them, and whatever stands in them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import ClickSpool, SpooledClick
from tests.storage.spooled import click, keeping, leave, line


def test_a_line_cut_short_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    spool = ClickSpool(tmp_path)
    spool.append(click(1))
    (path,) = tmp_path.iterdir()
    with path.open("a") as file:
        file.write('{"code": "abc')
    kept: list[SpooledClick] = []
    spool.replay(kept.append)
    assert kept == [click(1)]


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


def test_every_file_of_the_spool_is_for_its_owner_alone(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        spool = ClickSpool(tmp_path)
        spool.append(click(1), click(2))
        (begun,) = tmp_path.iterdir()
        assert begun.stat().st_mode & 0o777 == 0o600
        (tmp_path / "torn.clicks").write_bytes(b"no click\n")
        with pytest.raises(StoreUnavailable):
            spool.replay(keeping([], 1))
        assert len(list(tmp_path.iterdir())) >= 2
        assert {path.suffix: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            ".clicks": 0o600,
            ".unreadable": 0o600,
        }
    finally:
        os.umask(umask)
