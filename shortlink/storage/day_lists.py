"""The day lists: which messages an account sent on a UTC day (counted since 1970)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shortlink.domain.code import PARTITIONS
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record import unpack_message

PAGE = 500
_TIME_OF_DAY = 7  # characters of an entry in front of its code


class DayLists:
    """The messages that accounts sent, by day. Who is gone since is left out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self, sid: str, day: int, *, most: int) -> list[Message]:
        """Read the newest `most` messages that an account sent on a day, newest first."""
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.lrange(keys.day_list(partition, sid, day), -most, -1)
        entries = sorted((str(entry) for found in pipe.execute() for entry in found), reverse=True)[:most]
        return list(self._read(entries))

    def walk(self, sid: str, day: int) -> Iterator[Message]:
        """Walk over all messages that an account sent on a day, oldest first within each partition."""
        for partition in PARTITIONS:
            name, start = keys.day_list(partition, sid, day), 0
            while entries := self._store.lrange(name, start, start + PAGE - 1):
                yield from self._read([str(entry) for entry in entries])
                start += PAGE

    def _read(self, entries: Sequence[str]) -> Iterator[Message]:
        codes = [entry[_TIME_OF_DAY:] for entry in entries]
        pipe = self._store.pipeline(transaction=False)
        for code in codes:
            pipe.hgetall(keys.record(code))
        for code, record in zip(codes, pipe.execute(), strict=True):
            if record:
                yield unpack_message(code, record)
