"""What an inspection of the store finds: what is due, what day lists name, the gist of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import CODE_LENGTHS, partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message_id import whole_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEntry:
    """One member of a due set, as it stands there."""

    due: Due
    partition: str
    member: str

    @property
    def code(self) -> str:
        """The code of the message it is about."""
        return self.member if self.due is Due.MESSAGES else self.member[:-1]

    @property
    def is_of_a_kind(self) -> bool:
        """Whether it names something that can be due: a message, or a callback of a kind there is."""
        return self.due is Due.MESSAGES or self.member[-1:] in tuple(CallbackKind)

    @property
    def is_at_home(self) -> bool:
        """Whether it stands where everybody looks for it."""
        return self.partition == partition_of(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """The little of a record that other things are compared with."""

    tail: str  # of the message id
    status: str
    clicked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a day list; its time in UTC ms is None when it cannot be read."""

    day_list: str
    code: str
    accepted_at: int | None


def read_listed(name: str, entry: str) -> Listed:
    """Read an entry of the day list of that key."""
    of_day, code, day = entry[:7], entry[7:], name.rpartition(":")[2]
    try:
        accepted_at = int(day) * DAY_MS + int(of_day, 16)
    except ValueError:
        return Listed(day_list=name, code=code, accepted_at=None)
    is_ours = len(code) in CODE_LENGTHS and name[1] == partition_of(code)
    return Listed(day_list=name, code=code, accepted_at=accepted_at if is_ours else None)


def read_gist(code: str, fields: Any) -> Gist:
    """Put together what was read; a record that is no hash, or lacks a field, is told of elsewhere."""
    tail, status, first_click = fields if isinstance(fields, list) else ("", "", None)
    return Gist(tail=whole_tail(code, tail or ""), status=status or "", clicked=first_click is not None)
