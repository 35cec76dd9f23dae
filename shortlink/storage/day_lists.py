"""The day lists: which messages an account sent on a UTC day (counted since 1970)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record import unpack_message
from shortlink.storage.record_reader import read_records

PAGE = 500
_TIME_OF_DAY = 7  # characters of an entry in front of its code


class DayLists:
    """The messages that accounts sent, by day. Who is gone since is left out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self, sid: str, day: int, *, most: int) -> list[Message | RecordUnreadable]:
        """Read the newest `most` messages that an account sent on a day, newest first, or why one cannot be read."""
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.lrange(keys.day_list(partition, sid, day), -most, -1)
        entries = sorted((str(entry) for found in pipe.execute() for entry in found), reverse=True)[:most]
        return list(self._read(entries))

    def walk(self, sid: str, day: int) -> Iterator[Message]:
        """Walk over all readable messages that an account sent on a day, oldest first within each partition."""
        for partition in PARTITIONS:
            name, start = keys.day_list(partition, sid, day), 0
            while entries := self._store.lrange(name, start, start + PAGE - 1):
                found = self._read([str(entry) for entry in entries])
                yield from (message for message in found if isinstance(message, Message))
                start += PAGE

    def _read(self, entries: Sequence[str]) -> Iterator[Message | RecordUnreadable]:
        return read_records(self._store, [entry[_TIME_OF_DAY:] for entry in entries], unpack_message)
