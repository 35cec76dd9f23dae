"""The embedded store: its data, its socket, its settings."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
import redis

from shortlink.domain.errors import StoreUnavailable
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.supervisor.embedded_store import EmbeddedStore
from tests.waiting import wait_until

KEPT_FREE, ONE_KIND, LARGE_PAGES = "glibc.malloc.tcache_count=1000", "glibc.malloc.mxfast=0", "glibc.malloc.hugetlb=1"


def test_data_is_there_at_the_next_start(directory: Path) -> None:
    with EmbeddedStore(directory).running() as url, redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    with EmbeddedStore(directory).running() as url, redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


@pytest.mark.parametrize(("durable", "policy"), [(False, "everysec"), (True, "always")])
def test_settings_are_those_the_records_need(directory: Path, durable: bool, policy: str) -> None:
    wanted = {
        "appendonly": "yes",
        "appendfsync": policy,
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-entries": "512",
        "hash-max-listpack-value": "2048",
        "port": "0",
        "save": "",
    }
    with (
        EmbeddedStore(directory, durable=durable).running() as url,
        redis.Redis.from_url(url, decode_responses=True) as client,
    ):
        assert client.config_get(*wanted) == wanted


@pytest.mark.parametrize(
    ("set_by_the_user", "got"),
    [
        ({}, f"{KEPT_FREE}:{ONE_KIND}:{LARGE_PAGES}"),
        ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, f"glibc.malloc.hugetlb=0:{KEPT_FREE}:{ONE_KIND}"),
        ({"GLIBC_TUNABLES": "glibc.malloc.tcache_count=3"}, f"glibc.malloc.tcache_count=3:{ONE_KIND}:{LARGE_PAGES}"),
    ],
)
def test_the_server_is_told_how_to_keep_its_memory_unless_the_user_said_it(
    directory: Path, set_by_the_user: dict[str, str], got: str
) -> None:
    around = EmbeddedStore(directory).surroundings({"HOME": "/home/me", **set_by_the_user})
    assert around == {"HOME": "/home/me", "GLIBC_TUNABLES": got}


# glibc alone knows these settings, so where there is no /proc, as on macOS, there is nothing to be told either.
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only /proc tells what a process was started with")
def test_a_running_server_was_started_with_them(directory: Path) -> None:
    with EmbeddedStore(directory).running() as url, redis.Redis.from_url(url) as client:
        started_with = Path(f"/proc/{client.info('server')['process_id']}/environ").read_bytes()
    assert all(setting.encode() in started_with for setting in (KEPT_FREE, ONE_KIND, LARGE_PAGES))


@pytest.mark.parametrize("name", ["x" * 90, "with a space", "a=b", "50%", "données"])
def test_an_unfit_path_gets_a_private_socket_elsewhere_which_is_removed(directory: Path, name: str) -> None:
    deep = directory / name
    store = EmbeddedStore(deep)
    with store.running() as url, redis.Redis.from_url(url) as client:
        assert client.client_info()["db"] == 0
        place = store.socket.parent
        assert deep not in store.socket.parents
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert EmbeddedStore(deep).socket == store.socket
    assert not place.exists()


def test_a_socket_directory_that_others_could_enter_is_not_used(directory: Path) -> None:
    deep = directory / ("x" * 120)
    deep.mkdir(parents=True)
    first = EmbeddedStore(deep).socket.parent
    first.chmod(0o755)
    second = EmbeddedStore(deep).socket.parent
    assert second != first
    for place in (first, second):
        place.rmdir()


def test_a_store_without_a_supervisor_leaves_when_the_next_one_comes(directory: Path) -> None:
    DataDirectory(directory).create()
    store = EmbeddedStore(directory)
    first = DirectoryLock(directory)
    first.claim("up")
    orphan = subprocess.Popen(store.command(), stdout=subprocess.DEVNULL, pass_fds=[first.inherited])
    try:
        wait_until(store.answers)
        first.release()
        second = DirectoryLock(directory)
        second.claim("up", while_waiting=store.ask_to_leave)
        assert orphan.wait(10) == 0
        second.release()
    finally:
        orphan.kill()
        orphan.wait()


def test_a_store_that_cannot_start_says_why(directory: Path) -> None:
    files = directory / "store" / "appendonlydir"
    files.mkdir(parents=True)
    (files / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(StoreUnavailable, match="manifest"), EmbeddedStore(directory).running():
        pass


def test_the_socket_is_for_its_owner_alone(directory: Path) -> None:
    store = EmbeddedStore(directory)
    with store.running():
        assert stat.S_IMODE(store.socket.stat().st_mode) == 0o700
