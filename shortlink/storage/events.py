"""The event streams as their reader sees them: what is new, and what its messages are."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shortlink.domain.code import PARTITIONS
from shortlink.domain.event import MetMessage
from shortlink.domain.message import MessageStatus
from shortlink.storage import keys
from shortlink.storage.compact import unpack_end, unpack_url
from shortlink.storage.connection import Store
from shortlink.storage.event_bytes import Entries, ask_as_bytes, decode_entries
from shortlink.storage.event_entry import Entry, unpack_entry
from shortlink.storage.record import reading, unpack_id
from shortlink.storage.record_numbers import read_cost, read_number
from shortlink.storage.record_reader import ask_each, read_records
from shortlink.storage.seldom import Seldom
from shortlink.storage.steps import Command

log = logging.getLogger(__name__)
_FIELDS = ("i", "a", "f", "r", "g", "n", "c", "A", "s", "u", "x")
_INBOUND_FIELDS = ("a", "f", "r", "t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read at once, in order of time, and the streams' positions after it."""

    entries: tuple[Entry, ...]
    positions: Mapping[str, str]
    counts: Mapping[str, int]  # of entries by partition, also of those that nothing is known of
    started_at: int  # UTC ms by the store's clock: whatever was kept before that and not read earlier is in here …
    to_the_end: bool  # … if this is so


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """How a partition's stream stands: its newest entry, and how many entries were removed from its beginning."""

    newest: str
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message that came in, as far as it is still kept."""

    account: str
    sender: str  # the person's number, "" once erased
    recipient: str  # ours
    text: str


@dataclass(slots=True)
class EventStreams:
    """Every partition's stream, for the one who copies them."""

    store: Store
    _names: dict[str, str] = field(default_factory=lambda: {keys.events(letter): letter for letter in PARTITIONS})
    _told: Seldom = field(default_factory=Seldom)

    def read(self, positions: Mapping[str, str], *, most: int, wait_ms: int) -> Reading:
        """Read what follows these positions, at most `most` entries of a partition, and wait for the first one.

        A partition without a position is read from its beginning. Raises StoreUnavailable.
        """
        started_at = self.store.now()
        asked: Any = {name: positions.get(letter, "0") for name, letter in self._names.items()}
        entries: list[Entry] = []
        reached: dict[str, str] = {}
        counts: dict[str, int] = {}
        to_the_end = True
        for name, found in self._read(asked, most, wait_ms):
            letter = self._names[name]
            for identifier, packed in found:
                if (entry := unpack_entry(letter, identifier, packed)) is not None:
                    entries.append(entry)
                elif kind := packed.get("e", "")[:1]:
                    self._pass_over(kind, identifier, name)
            reached[letter], counts[letter] = found[-1][0], len(found)
            to_the_end = to_the_end and len(found) < most
        return Reading(
            entries=tuple(sorted(entries, key=lambda entry: entry.order)),
            positions=reached,
            counts=counts,
            started_at=started_at,
            to_the_end=to_the_end,
        )

    def _pass_over(self, kind: str, identifier: str, stream: str) -> None:
        """Log, seldom, what is of a later version; whoever stood still for it would keep all others waiting."""
        if self._told.is_due(kind, time.monotonic()):
            log.warning(
                "entries of kind %s, as %s of stream %s, are of a later version and will be missing in the archive:"
                " let the recorder be of that version too",
                kind,
                identifier,
                stream,
            )

    def _read(self, asked: Mapping[Any, Any], most: int, wait_ms: int) -> Iterable[tuple[str, Entries]]:
        try:
            answer: Any = self.store.xread(dict(asked), count=most, block=wait_ms)
        except UnicodeDecodeError:
            command: Command = ("XREAD", "COUNT", most, "STREAMS", *asked, *asked.values())
            streams = _pairs(ask_as_bytes(self.store, command))
            return [(name.decode(), decode_entries(name.decode(), found)) for name, found in streams]
        return _pairs(answer)

    def messages(self, codes: Collection[str]) -> dict[str, MetMessage]:
        """Read what an archive notes of messages, in one round trip.

        Those whose record is gone, or cannot be read, are missing.
        """
        found = read_records(self.store, codes, _message, *_FIELDS)
        return {one.code: one for one in found if isinstance(one, MetMessage)}

    def inbound(self, identifiers: Collection[str]) -> dict[str, Inbound]:
        """Read messages that came in, in one round trip.

        Those whose record is gone, or cannot be read, are missing.
        """
        names = [keys.inbound(identifier[0], identifier) for identifier in identifiers]
        answers = ask_each(self.store, [("HMGET", name, *_INBOUND_FIELDS) for name in names])
        found: dict[str, Inbound] = {}
        for identifier, name, answer in zip(identifiers, names, answers, strict=True):
            if isinstance(answer, Exception):
                log.error("%s, a message that came in, cannot be read (%s)", name, type(answer).__name__)
            elif answer[0]:
                account, sender, recipient, text = answer
                found[identifier] = Inbound(
                    account=account, sender=sender or "", recipient=recipient or "", text=text or ""
                )
        return found

    def note_archived(self, positions: Mapping[str, str]) -> None:
        """Say up to where the streams are archived, so that they may be trimmed up to there."""
        if positions:
            news: dict[Any, Any] = {**positions}
            self.store.hset(keys.ARCHIVED, mapping=news)

    def states(self) -> dict[str, StreamState]:
        """Say how each partition's stream stands; one without entries ever, or of another kind, is missing."""
        there = [name for name in self._names if self.store.type(name) == "stream"]
        facts: Iterable[Any] = (self.store.xinfo_stream(name) for name in there)
        return {
            self._names[name]: StreamState(
                newest=str(fact["last-generated-id"]), removed=int(fact["entries-added"]) - int(fact["length"])
            )
            for name, fact in zip(there, facts, strict=True)
        }

    def oldest_after(self, positions: Mapping[str, str]) -> int | None:
        """Say when the oldest entry behind these positions, of these partitions, was made: UTC ms, None without any."""
        found: list[int] = []
        for letter, position in positions.items():
            command: Command = ("XRANGE", keys.events(letter), f"({position}", "+", "COUNT", 1)
            found += [entry_order(identifier.decode())[0] for identifier, _ in ask_as_bytes(self.store, command)]
        return min(found, default=None)


def entry_order(identifier: str) -> tuple[int, int]:
    """Take an entry's id apart, so that ids can be compared: milliseconds, and a number within them."""
    ms, _, number = identifier.partition("-")
    return int(ms), int(number)


def _pairs(answer: Any) -> Iterable[Any]:
    """List the streams of an answer, whichever of its two forms it has."""
    return answer.items() if isinstance(answer, dict) else answer


def _message(code: str, values: Sequence[str | None]) -> MetMessage:
    r = {name: value for name, value in zip(_FIELDS, values, strict=True) if value is not None}
    with reading(code, r):
        return MetMessage(
            code=code,
            message_id=unpack_id(code, r),
            account=r["a"],
            recipient="+" + r["r"] if r.get("r") else "",
            sender=r.get("f", ""),
            tags=tuple(r["g"].split(",")) if r.get("g") else (),
            accepted_at=read_number(r["A"]),
            status=MessageStatus(r["s"]).value,
            segments=read_number(r.get("n", "1")),
            cost=read_cost(r.get("c", "0")),
            link=unpack_url(r["u"]) if r.get("u") else None,
            expires_at=unpack_end(r["x"], read_number(r["A"])) if r.get("x") else None,
        )
