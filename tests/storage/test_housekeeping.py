"""The store's own log: written anew when that is allowed, and said when it is not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shortlink.storage.connection import Store, connect
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.supervisor.embedded_store import EmbeddedStore
from shortlink.use_cases.compact_log import compact_log


@pytest.fixture
def own() -> Iterator[tuple[Store, Path]]:
    """A store of this test's own, and its folder."""
    with tempfile.TemporaryDirectory(prefix="sl-") as folder, EmbeddedStore(Path(folder)).running() as url:
        yield connect(url), Path(folder)


def test_what_was_overwritten_leaves_the_file(own: tuple[Store, Path]) -> None:
    store, folder = own
    store.set("key", "first-value")
    store.set("key", "second-value")
    assert b"first-value" in content(folder)
    assert compact_log(HousekeepingStore(store))
    assert b"first-value" not in content(folder)
    assert store.get("key") == "second-value"


def test_a_store_without_a_file_has_nothing_to_rewrite(own: tuple[Store, Path]) -> None:
    store, _ = own
    store.config_set("appendonly", "no")
    assert compact_log(HousekeepingStore(store))


def test_a_store_that_forbids_it_is_said_so(own: tuple[Store, Path]) -> None:
    store, _ = own
    store.execute_command("ACL", "SETUSER", "default", "-bgrewriteaof", "-info")
    assert not compact_log(HousekeepingStore(store))


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*.aof"))
