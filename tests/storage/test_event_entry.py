"""What scripts pack, one place unpacks."""

from __future__ import annotations

from typing import cast

import pytest
import redis

from shortlink.storage.connection import Store
from shortlink.storage.event_entry import Entry, EntryKind, unpack_entry
from shortlink.storage.scripts import source

STREAM = "{a}ev"
NOTE = source("take_token").split("local now", maxsplit=1)[0]


def entries(client: Store) -> list[tuple[str, dict[str, str]]]:
    return cast("list[tuple[str, dict[str, str]]]", client.xrange(STREAM))


@pytest.mark.parametrize(
    ("value", "detail"), [("", ""), ("d", ""), ("", "worker-died"), ("cp", "1 1790000000000 12 200")]
)
@pytest.mark.parametrize("kind", [EntryKind.ACCEPTED, EntryKind.CALLBACK])
def test_an_entry_comes_back_as_it_went_in(kind: EntryKind, value: str, detail: str, client: Store) -> None:
    client.eval(
        NOTE + "note(KEYS[1], unpack(ARGV))",
        1,
        STREAM,
        kind,
        "7gbpv6YAK",
        value,
        detail,
    )
    [(identifier, fields)] = entries(client)
    assert unpack_entry("a", identifier, fields) == Entry(
        partition="a", id=identifier, kind=kind, subject="7gbpv6YAK", value=value, detail=detail
    )
    assert list(fields) == ["e"]


def test_a_short_entry_is_no_longer_than_it_must_be(client: Store) -> None:
    client.eval(NOTE + "note(KEYS[1], 'a', 'CODE')", 1, STREAM)
    [(_, fields)] = entries(client)
    assert fields == {"e": "aCODE"}


def test_what_an_older_version_wrote_is_left_out(store: redis.Redis) -> None:
    assert unpack_entry("a", "5-0", {"k": "accepted", "c": "7gbpv6YAK"}) is None
    assert unpack_entry("a", "5-0", {"e": "?7gbpv6YAK"}) is None
    assert unpack_entry("a", "5-0", {"e": ""}) is None


def test_an_entry_knows_when_it_was_kept() -> None:
    entry = unpack_entry("a", "1790000000000-3", {"e": "a7gbpv6YAK"})
    assert entry is not None
    assert entry.kept_at == 1_790_000_000_000
