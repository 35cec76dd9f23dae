"""The keys that many share, and whether each is of its kind: one of another fails whoever needs it."""

from __future__ import annotations

from collections.abc import Iterator

from shortlink.domain.code import PARTITIONS
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record_reader import ask_each

_WORDS = {"zset": "sorted set"}


def find_wrong_keys(store: Store) -> list[str]:
    """Say of each shared key that is of another kind what it should be. Raises StoreUnavailable."""
    expected = dict(_expected())
    kinds = ask_each(store, [("TYPE", name) for name in expected])
    pairs = zip(expected.items(), kinds, strict=True)
    return [f"{name} is no {_WORDS.get(kind, kind)}" for (name, kind), found in pairs if found not in (kind, "none")]


def _expected() -> Iterator[tuple[str, str]]:
    for partition in PARTITIONS:
        yield keys.due_messages(partition), "zset"
        yield keys.due_callbacks(partition), "zset"
        yield keys.turns(partition), "hash"
        yield keys.events(partition), "stream"
        yield keys.closed_accounts(partition), "set"
    yield keys.ACCOUNTS, "set"
    yield keys.WEBHOOK_CHANGES, "hash"
    yield keys.WEBHOOK_ERRANDS, "list"
    yield keys.UNREADABLE, "zset"
