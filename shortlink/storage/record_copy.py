"""A copy of one message's record, as it is carried to another installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shortlink.domain.code import ALPHABET, CODE_LENGTHS
from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.storage.compact import unpack_carrier_id
from shortlink.storage.record import reading
from shortlink.storage.record_numbers import read_number

_NEEDED = ("i", "s", "a")  # without which it can neither be found nor go on, beside the time


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCopy:
    """One message's record, field by field; when it ends; and when it and its callbacks are due, if they are.

    Raises RecordUnreadable where it could not be put in its place; what else is in it may still be damaged.
    """

    code: str
    fields: Mapping[str, str]
    ends_at: int
    message_due: int | None
    click_due: int | None
    report_due: int | None

    def __post_init__(self) -> None:
        with reading(self.code, self.fields):
            _check(self)

    @property
    def account(self) -> str:
        """Whose message it is."""
        return self.fields["a"]

    @property
    def accepted_at(self) -> int:
        """When it was accepted, in UTC milliseconds."""
        return read_number(self.fields["A"])

    @property
    def carrier_id(self) -> str | None:
        """The carrier's id for it; None when it has none that can be read."""
        try:
            return unpack_carrier_id(self.fields["S"])
        except (KeyError, ValueError):
            return None

    @property
    def owes(self) -> bool:
        """Whether anything is still to be done about it."""
        return any(due is not None for due in (self.message_due, self.click_due, self.report_due))


def is_code(value: Any) -> bool:
    """Whether something has the form of a code, so that it may be told: nothing else that is in a copy may."""
    return isinstance(value, str) and len(value) in CODE_LENGTHS and set(value) <= set(ALPHABET)


def _check(one: RecordCopy) -> None:
    """Raise what `reading` tells unless the store takes all of it: a script that stops leaves half a record."""
    for name in _NEEDED:
        one.fields[name]
    read_number(one.fields["A"])
    "".join([*one.fields, *one.fields.values()]).encode()  # half a surrogate pair is a ValueError
    due = [at for at in (one.message_due, one.click_due, one.report_due) if at is not None]
    if any(type(number) is not int for number in (one.ends_at, *due)):
        raise TypeError("a time that is no number")
    if not is_code(one.code) or not 0 < one.ends_at <= END_OF_TIME or any(abs(at) > END_OF_TIME for at in due):
        raise ValueError("nothing that an export holds")
