"""The procedures of docs/deployment.md#backups, step by step: what was copied is there again."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from click.testing import Result

from shortlink.lifeline import die_with_parent
from shortlink.supervisor.embedded_store import EmbeddedStore
from tests.waiting import wait_until

Run = Callable[..., Result]


@contextmanager
def server(folder: Path, *, appendonly: str) -> Iterator[redis.Redis]:
    """Run a server of one's own, as its configuration file would have it but for `appendonly`."""
    (folder / "store").mkdir(parents=True, exist_ok=True)
    store = EmbeddedStore(folder)
    command = list(store.command())
    command[command.index("--appendonly") + 1] = appendonly
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509
    try:
        wait_until(store.answers)
        with redis.Redis.from_url(store.url, decode_responses=True) as client:
            yield client
    finally:
        process.terminate()
        process.wait(20)


def persistence(client: redis.Redis, name: str) -> object:
    return client.info("persistence")[name]


def copy_snapshot(client: redis.Redis, folder: Path, copy: Path) -> None:
    client.bgsave()
    wait_until(lambda: persistence(client, "rdb_bgsave_in_progress") == 0)
    assert persistence(client, "rdb_last_bgsave_status") == "ok"
    shutil.copy(folder / "store" / "dump.rdb", copy)


def test_a_snapshot_is_restored_by_a_server_that_starts_without_its_append_only_file(directory: Path) -> None:
    copy = directory.with_name("copy.rdb")
    with server(directory, appendonly="yes") as client:
        client.set("a", "kept")
        copy_snapshot(client, directory, copy)
    restored = directory.with_name("r")
    (restored / "store").mkdir(parents=True)
    shutil.copy(copy, restored / "store" / "dump.rdb")
    with server(restored, appendonly="no") as client:
        client.config_set("appendonly", "yes")
        wait_until(lambda: persistence(client, "aof_rewrite_in_progress") == 0)
        assert persistence(client, "aof_last_bgrewrite_status") == "ok"
    with server(restored, appendonly="yes") as client:
        assert client.get("a") == "kept"


def test_a_snapshot_alone_is_overlooked_by_a_server_with_an_append_only_file(directory: Path) -> None:
    copy = directory.with_name("copy.rdb")
    with server(directory, appendonly="yes") as client:
        client.set("a", "kept")
        copy_snapshot(client, directory, copy)
    (directory.with_name("r") / "store").mkdir(parents=True)
    shutil.copy(copy, directory.with_name("r") / "store" / "dump.rdb")
    with server(directory.with_name("r"), appendonly="yes") as client:
        assert client.dbsize() == 0, "if this changes, docs/deployment.md may say less"


def test_a_data_directory_that_was_packed_is_there_again(run_cli: Run, directory: Path) -> None:
    sid = json.loads(run_cli("accounts", "add", "shop", "--json").stdout)["sid"]
    packed = directory.with_name("shortlink.tar.gz")
    subprocess.run(["tar", "-C", str(directory.parent), "-czf", str(packed), directory.name], check=True)
    shutil.rmtree(directory)
    subprocess.run(["tar", "-C", str(directory.parent), "-xpzf", str(packed)], check=True)
    assert run_cli("audit").exit_code == 0
    assert [one["sid"] for one in json.loads(run_cli("accounts", "list", "--json").stdout)] == [sid]
    assert directory.stat().st_mode & 0o077 == 0
