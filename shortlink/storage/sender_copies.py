"""Copies of the notes on who sends from where, so that an answer finds its account in another installation too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
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
        yield from self._read("}", "HGETALL", sid)
        if sid is None:  # whoever is alone needs no note a number
            yield from self._read("}:*", "GET", sid)

    def put(self, one: SenderCopy) -> bool:
        """Put a note; False when there is one of that name."""
        if one.fields is None:
            return bool(self._store.set(one.name, one.writers or "", nx=True, pxat=one.ends_at))
        fields: dict[Any, Any] = {**one.fields}
        with self._store.pipeline() as pipe:
            try:
                pipe.watch(one.name)  # type: ignore[no-untyped-call]
                if pipe.exists(one.name):
                    return False
                pipe.multi()
                pipe.hset(one.name, mapping=fields)
                pipe.pexpireat(one.name, one.ends_at)
                pipe.execute()
            except WatchError:  # somebody else's is there by now
                return False
        return True

    def _read(self, end: str, how: str, sid: str | None) -> Iterator[SenderCopy | str]:
        names = map(str, self._store.scan_iter(match=f"sender:{{*{end}", count=_PAGE))
        while page := list(islice(names, _PAGE)):
            answers = iter(
                ask_each(self._store, [one for name in page for one in ((how, name), ("PEXPIRETIME", name))])
            )
            for name in page:
                yield from _copied(name, next(answers), next(answers), sid)


def _copied(name: str, value: Any, ends_at: int, sid: str | None) -> Iterator[SenderCopy | str]:
    """Copy what was read of a note, of one account alone if that is asked for; nothing of one that is gone."""
    if sid is not None and isinstance(value, dict):
        value = {sid: value[sid]} if sid in value else None
    if not value:
        return
    try:
        is_sender = isinstance(value, dict)
        fields, writers = (value, None) if is_sender else (None, value)
        yield SenderCopy(name=name, ends_at=ends_at, fields=fields, writers=writers)
    except (ValueError, TypeError):
        yield name
