"""Look at the whole store without changing it: for audits, counts and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.invariants import Snapshot
from shortlink.storage import keys
from shortlink.storage.callbacks import split_member
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import Entry, unpack_entry
from shortlink.storage.record import tries_not_owed, unpack_callbacks, unpack_message, unpack_pairs
from shortlink.storage.scripts import Script, clock

_PAGE = 500
Entries = list[tuple[str, dict[str, str]]]


class Inspector:
    """Reads what no other part needs to read; every method only reads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._inspect = Script(store, "inspect_record")

    def codes(self) -> Iterator[str]:
        """Walk over the codes of all messages; one that comes or goes meanwhile may be missed or repeated."""
        for partition in PARTITIONS:
            prefix = f"{{{partition}}}m"
            for key in self._store.scan_iter(match=f"{prefix}*", count=_PAGE):
                yield str(key).removeprefix(prefix)

    def pages(self, size: int) -> Iterator[list[str]]:
        """Walk over the codes of all messages, up to `size` at a time."""
        codes = self.codes()
        while page := list(islice(codes, size)):
            yield list(dict.fromkeys(page))

    def due_codes(self) -> Iterator[str]:
        """Walk over the codes of everything that is due, now or later."""
        for partition in PARTITIONS:
            for member, _ in self._store.zscan_iter(keys.due_messages(partition), count=_PAGE):
                yield str(member)
            for member, _ in self._store.zscan_iter(keys.due_callbacks(partition), count=_PAGE):
                yield split_member(str(member))[0]

    def look(self, code: str, *, now: int | None = None) -> Snapshot:
        """Read one message and its due entries at one instant."""
        return self.look_at([code], now=now)[0]

    def look_at(self, codes: Sequence[str], *, now: int | None = None) -> list[Snapshot]:
        """Read several messages in one round trip, each at one instant of its own."""
        calls: list[tuple[list[str], list[Any]]] = []
        for code in codes:
            partition = partition_of(code)
            names = [keys.record(code), keys.due_messages(partition), keys.due_callbacks(partition)]
            calls.append((names, [clock(now), code]))
        answers = self._inspect.call_many(calls) if calls else []
        return [_snapshot(code, answer) for code, answer in zip(codes, answers, strict=True)]

    def events(self, partition: str) -> Iterator[Entry]:
        """Walk over a partition's events, oldest first."""
        start = "-"
        while page := cast("Entries", self._store.xrange(keys.events(partition), min=start, count=_PAGE)):
            for identifier, fields in page:
                if (entry := unpack_entry(partition, identifier, fields)) is not None:
                    yield entry
            start = f"({page[-1][0]}"

    def keys_without_end(self) -> Iterator[str]:
        """Walk over the keys that have no time to live and are none of those that need none."""
        lasting = {keys.ACCOUNTS, keys.ARCHIVED, keys.MEASURES} | {
            name(partition)
            for partition in PARTITIONS
            for name in (keys.due_messages, keys.due_callbacks, keys.turns, keys.events, keys.closed_accounts)
        }
        for key in self._store.scan_iter(count=_PAGE):
            name = str(key)
            if (
                name in lasting
                or name.startswith(("account:", "rq:", "{rq}", keys.WEBHOOK_CHANGES))
                or "}stop:" in name
            ):
                continue
            if self._store.ttl(name) == -1:
                yield name


def _snapshot(code: str, answer: list[str]) -> Snapshot:
    due = {CallbackKind.CLICK: answer[3], CallbackKind.REPORT: answer[4]}
    return _with_record(
        Snapshot(
            code=code,
            now=int(answer[0]),
            life_ms=int(answer[1]),
            message=None,
            due_at=int(float(answer[2])) if answer[2] else None,
            callbacks_due={kind: int(float(score)) for kind, score in due.items() if score},
        ),
        unpack_pairs(answer[5:]),
    )


def _with_record(snapshot: Snapshot, record: dict[str, str]) -> Snapshot:
    """Add what the record says, or why it cannot be read."""
    if not record:
        return snapshot
    try:
        return replace(
            snapshot,
            message=unpack_message(snapshot.code, record),
            callbacks=tuple(unpack_callbacks(snapshot.code, record)),
            tries_not_owed=tuple(tries_not_owed(record)),
            token=int(record["N"]) if "N" in record else None,
            lease=int(record["l"]) if "l" in record else None,
        )
    except KeyError as error:
        return replace(snapshot, unreadable=f"its field {error} is missing")
    except (ValueError, IndexError, TypeError):  # their words could be a number's or a text's
        return replace(snapshot, unreadable="one of its fields holds what it never may")
