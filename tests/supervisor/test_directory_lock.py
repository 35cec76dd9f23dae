"""Who may use a data directory, and who must wait."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shortlink.supervisor.data_directory import DataDirectory, SecretKeyMissing, UnusableDirectory
from shortlink.supervisor.directory_lock import DirectoryInUse, DirectoryLock


@pytest.fixture
def data(directory: Path) -> Path:
    DataDirectory(directory).create()
    return directory


def test_a_directory_where_up_runs_is_refused_by_name_and_number(data: Path) -> None:
    first, second = DirectoryLock(data), DirectoryLock(data)
    first.claim("up")
    with pytest.raises(DirectoryInUse, match=f"{data} is in use by `shortlink up` with process id {os.getpid()}"):
        second.claim("up", patience_seconds=60)
    first.release()
    second.claim("up")
    second.release()


def test_a_short_command_is_waited_for(data: Path) -> None:
    first, second = DirectoryLock(data), DirectoryLock(data)
    first.claim("accounts")
    threading.Timer(0.2, first.release).start()
    second.claim("up")
    assert not second.was_left_behind
    second.release()


def test_a_command_that_takes_too_long_is_named(data: Path) -> None:
    first, second = DirectoryLock(data), DirectoryLock(data)
    first.claim("accounts")
    with pytest.raises(DirectoryInUse, match="`shortlink accounts`"):
        second.claim("up", patience_seconds=0.1)
    first.release()


def test_the_directory_is_in_use_until_the_last_process_is_gone(data: Path) -> None:
    first, second = DirectoryLock(data), DirectoryLock(data)
    first.claim("up")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[first.inherited])
    asked: list[int] = []

    def let_go() -> None:
        asked.append(1)
        child.communicate(b"\n")

    first.release()
    with pytest.raises(DirectoryInUse, match="an earlier run left behind"):
        second.claim("up", patience_seconds=0.1)
    second.claim("up", while_waiting=let_go)
    assert asked
    second.release()


def test_a_killed_holder_leaves_a_trace_and_no_lock(data: Path) -> None:
    hold = (
        "import os, signal, sys; from pathlib import Path\n"
        "from shortlink.supervisor.directory_lock import DirectoryLock\n"
        "DirectoryLock(Path(sys.argv[1])).claim('up'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", hold, str(data)], check=False)
    lock = DirectoryLock(data)
    assert lock.occupant() is None
    lock.claim("up")
    assert lock.was_left_behind
    lock.release()


def test_the_note_tells_others_how_to_join(data: Path) -> None:
    first, second = DirectoryLock(data), DirectoryLock(data)
    assert second.occupant() is None
    first.claim("up")
    first.announce(key_check="abc", redis_url="unix:///a?db=0")
    found = second.occupant()
    first.release()
    assert found is not None
    assert (found.pid, found.command, found.key_check, found.redis_url) == (os.getpid(), "up", "abc", "unix:///a?db=0")
    assert second.occupant() is None


def test_no_new_key_is_drawn_for_a_store_that_was_made_with_another(directory: Path) -> None:
    data = DataDirectory(directory)
    data.create()
    key = data.make_secret_key()
    (data.store_files / "appendonlydir").mkdir()
    assert data.make_secret_key() == key
    (directory / "secret_key").unlink()
    with pytest.raises(SecretKeyMissing, match="bring back the key"):
        data.make_secret_key()
    assert data.secret_key() is None


def test_what_it_makes_is_for_its_owner_alone_and_stays_the_same(directory: Path) -> None:
    data = DataDirectory(directory)
    data.create()
    key, account = data.make_secret_key(), data.simulator_account()
    data.keep_demo_account(sid="SL1", auth_token="slk_1")
    again = DataDirectory(directory)
    assert (again.secret_key(), again.simulator_account()) == (key, account)
    assert again.demo_account() == {"sid": "SL1", "auth_token": "slk_1"}
    modes = {path.name: path.stat().st_mode & 0o777 for path in [directory, *directory.iterdir()]}
    assert modes == {"data": 0o700, "store": 0o700, "secret_key": 0o600, "simulator.json": 0o600, "demo.json": 0o600}


def test_a_damaged_file_is_made_anew(directory: Path) -> None:
    data = DataDirectory(directory)
    data.create()
    (directory / "simulator.json").write_text('{"account_sid": "AC')
    sid, token = data.simulator_account()
    assert (sid[:2], len(sid), len(token)) == ("AC", 34, 32)


def test_a_path_that_is_no_directory_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableDirectory, match=r"cannot use .*file/below as data directory: Not a directory"):
        DataDirectory(tmp_path / "file" / "below").create()
