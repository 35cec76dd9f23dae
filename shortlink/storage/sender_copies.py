"""Copies of the notes on who sends from where, so that an answer finds its account in another installation too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis.exceptions import WatchError

from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.storage.connection import Store
from shortlink.storage.record_reader import ask_each

_NAME = re.compile(r"sender:\{[^{}]+\}(:[0-9a-f]{24})?")
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderCopy:
    """One note: of a sender its accounts in `fields`, of a number that was written to from one its `writers`.

    Raises ValueError or TypeError for what no store holds.
    """

    name: str
    ends_at: int
    fields: Mapping[str, str] | None = None
    writers: str | None = None

    def __post_init__(self) -> None:
        found = _NAME.fullmatch(self.name)
        texts = [self.writers or ""] if self.fields is None else [*self.fields, *self.fields.values()]
        if found is None or (found[1] is None) is (self.fields is None) or not (texts and all(texts)):
            raise ValueError("nothing that an export holds")
        if type(self.ends_at) is not int or not 0 < self.ends_at <= END_OF_TIME:
            raise ValueError("no end")
        " ".join(texts).encode()  # half a surrogate pair is a ValueError


class SenderCopies:
    """Reads these notes and puts them; a sender that is known here keeps what is known of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, sid: str | None) -> Iterator[SenderCopy | str]:
        """Read all notes, the senders before their numbers, or those of one account alone; names what is damaged."""
        for name in self._names("}"):
            yield from self._copies(name, sid, of_number=False)
        for name in self._names("}:*") if sid is None else ():  # whoever is alone needs no note a number
            yield from self._copies(name, sid, of_number=True)

    def put(self, one: SenderCopy) -> bool:
        """Put a note; False when there is one of that name."""
        fields: dict[Any, Any] = {**(one.fields or {})}
        with self._store.pipeline() as pipe:
            try:
                pipe.watch(one.name)  # type: ignore[no-untyped-call]
                if pipe.exists(one.name):
                    return False
                pipe.multi()
                if fields:
                    pipe.hset(one.name, mapping=fields)
                else:
                    pipe.set(one.name, one.writers or "")
                pipe.pexpireat(one.name, one.ends_at)
                pipe.execute()
            except WatchError:  # somebody else's is there by now
                return False
        return True

    def _names(self, end: str) -> Iterator[str]:
        return map(str, self._store.scan_iter(match=f"sender:{{*{end}", count=_PAGE))

    def _copies(self, name: str, sid: str | None, *, of_number: bool) -> Iterator[SenderCopy | str]:
        value, ends_at = ask_each(self._store, [("GET" if of_number else "HGETALL", name), ("PEXPIRETIME", name)])
        if sid is not None and isinstance(value, dict):
            value = {sid: value[sid]} if sid in value else None
        if not value:
            return
        try:
            if of_number:
                yield SenderCopy(name=name, ends_at=ends_at, writers=value)
            else:
                yield SenderCopy(name=name, ends_at=ends_at, fields=value)
        except (ValueError, TypeError):
            yield name
