"""Look at the whole store without changing it: for audits, counts and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message_id import split_message_id
from shortlink.domain.snapshot import Snapshot
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.event_bytes import Entries, ask_as_bytes, decode_entries
from shortlink.storage.event_entry import Entry, unpack_entry
from shortlink.storage.inspected import DueEntry, Gist, Listed, read_gist, read_listed
from shortlink.storage.record_reader import ask_each
from shortlink.storage.scripts import Script, clock
from shortlink.storage.snapshot import read_snapshot, unreadable_snapshot

_PAGE = 500


class Inspector:
    """Reads what no other part needs to read; every method only reads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._inspect = Script(store, "inspect_record")

    def codes(self) -> Iterator[str]:
        """Walk over the codes of all messages; one that comes or goes meanwhile may be missed or repeated."""
        for key in self._store.scan_iter(match="{[a-p]}m*", count=_PAGE):
            yield str(key)[4:]

    def pages(self, size: int) -> Iterator[list[str]]:
        """Walk over the codes of all messages, up to `size` at a time."""
        codes = self.codes()
        while page := list(islice(codes, size)):
            yield list(dict.fromkeys(page))

    def due_entries(self) -> Iterator[DueEntry]:
        """Walk over everything that is due, now or later."""
        for partition in PARTITIONS:
            for due, name in ((Due.MESSAGES, keys.due_messages), (Due.CALLBACKS, keys.due_callbacks)):
                for member, _ in self._store.zscan_iter(name(partition), count=_PAGE):
                    yield DueEntry(due=due, partition=partition, member=str(member))

    def is_there(self, entry: DueEntry) -> bool:
        """Whether a due entry still stands where it was seen."""
        name = keys.due_messages if entry.due is Due.MESSAGES else keys.due_callbacks
        return self._store.zscore(name(entry.partition), entry.member) is not None

    def listed(self) -> Iterator[list[Listed]]:
        """Walk over the messages that day lists name and whose records must be there, some at a time.

        A list lives a day longer than the last record in it, whatever the settings were, and one that was imported a
        day longer than that: lists that end within two days tell nothing any more.
        """
        for name in self._store.scan_iter(match="{[a-p]}d:*", count=_PAGE, _type="list"):
            if self._store.pttl(name) < 2 * DAY_MS:
                continue
            start = 0
            while entries := self._store.lrange(str(name), start, start + _PAGE - 1):
                yield [read_listed(str(name), str(entry)) for entry in entries]
                start += _PAGE

    def idempotency_keys(self) -> Iterator[Mapping[str, str]]:
        """Walk over the keys under which requests are remembered, some at a time, each with what it holds."""
        names = self._store.scan_iter(match="{[a-p]}i:*", count=_PAGE, _type="string")
        while page := [str(name) for name in islice(names, _PAGE)]:
            values = self._store.mget(page)
            yield {name: str(value) for name, value in zip(page, values, strict=True) if value is not None}

    def gists(self, codes: Sequence[str]) -> dict[str, Gist]:
        """Read the little that is compared, in two round trips; those without a record are missing."""
        names = [keys.record(code) for code in codes]
        fields = ask_each(self._store, [("HMGET", name, "i", "s", "H") for name in names])
        there = ask_each(self._store, [("EXISTS", name) for name in names])
        found = zip(codes, fields, there, strict=True)
        return {code: read_gist(code, fields) for code, fields, there in found if there}

    def archived(self) -> dict[str, str]:
        """Say up to which entry each stream was recorded; empty when there never was a recorder."""
        return self._store.read_hash(keys.ARCHIVED)

    def has_events(self, partition: str) -> bool:
        """Whether a partition's stream is there, if only empty."""
        return bool(self._store.exists(keys.events(partition)))

    def now(self) -> int:
        """Read the store's clock, in UTC milliseconds."""
        return self._store.now()

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
        try:
            answers = self._inspect.call_many(calls) if calls else []
        except UnicodeDecodeError:  # of one of them; which, nobody says
            return [self.look(code, now=now) for code in codes] if len(codes) > 1 else [unreadable_snapshot(codes[0])]
        return [read_snapshot(code, answer) for code, answer in zip(codes, answers, strict=True)]

    def events(self, partition: str) -> Iterator[Entry]:
        """Walk over a partition's events, oldest first."""
        start = "-"
        while page := self._entries(keys.events(partition), start):
            for identifier, fields in page:
                if (entry := unpack_entry(partition, identifier, fields)) is not None:
                    yield entry
            start = f"({page[-1][0]}"

    def _entries(self, stream: str, start: str) -> Entries:
        try:
            return cast("Entries", self._store.xrange(stream, min=start, count=_PAGE))
        except UnicodeDecodeError:
            return decode_entries(stream, ask_as_bytes(self._store, ("XRANGE", stream, start, "+", "COUNT", _PAGE)))

    def keys_without_end(self) -> Iterator[str]:
        """Walk over the keys that have no time to live and are none of those that need none."""
        lasting = {keys.ACCOUNTS, keys.ARCHIVED, keys.KEY_CHECK, keys.MEASURES} | {
            name(partition)
            for partition in PARTITIONS
            for name in (keys.due_messages, keys.due_callbacks, keys.turns, keys.events, keys.closed_accounts)
        }
        names = self._store.scan_iter(count=_PAGE)
        while page := [str(name) for name in islice(names, _PAGE)]:
            asked = [name for name in page if name not in lasting and not _may_last(name)]
            pipe = self._store.pipeline(transaction=False)
            for name in asked:
                pipe.ttl(name)
            yield from (name for name, life in zip(asked, pipe.execute(), strict=True) if life == -1)


def _may_last(name: str) -> bool:
    return name.startswith(("account:", "rq:", "{rq}", keys.WEBHOOK_CHANGES)) or "}stop:" in name


def names_message(value: str) -> tuple[str, str] | None:
    """Say which code and tail an idempotency key's value names; None when it names none."""
    _, _, identifier = value.partition(" ")
    return split_message_id(identifier)
