"""An entry of an event stream: the one place where events are unpacked; lua/event.lua packs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What a script did; the value is the letter that leads the entry. docs/internals/store.md says more of each."""

    ACCEPTED = "a"
    STATUS = "s"
    UNKNOWN = "k"
    BUSY = "b"
    RESEND = "r"
    UNCONFIRMED = "u"
    CONFLICT = "x"
    FIRST_CLICK = "c"
    CLICK = "l"
    HIT = "h"
    SWITCHED = "w"
    CALLBACK = "p"
    REDELIVER = "d"
    ERASED = "e"
    RECEIVED = "i"
    UNSUBSCRIBED = "o"
    RESUBSCRIBED = "j"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `subject` is a message's code, or the id of a message that came in."""

    partition: str
    id: str  # the stream's own
    kind: EntryKind
    subject: str
    value: str = ""
    detail: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands in time, among the entries of all partitions."""
        ms, _, number = self.id.partition("-")
        return int(ms), int(number)

    @property
    def kept_at(self) -> int:
        """When the store kept it, in UTC milliseconds."""
        return int(self.id.partition("-")[0])


def unpack_entry(partition: str, identifier: str, fields: Mapping[str, str]) -> Entry | None:
    """Unpack an entry; None for one that an older version wrote, of which nothing more is known."""
    packed = fields.get("e", "")
    if packed[:1] not in _KINDS:
        return None
    subject, value, detail = [*packed[1:].split(" ", 2), "", ""][:3]
    return Entry(
        partition=partition, id=identifier, kind=EntryKind(packed[0]), subject=subject, value=value, detail=detail
    )


_KINDS = frozenset(kind.value for kind in EntryKind)
