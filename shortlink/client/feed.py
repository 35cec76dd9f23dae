"""Events and log files: what the API says of them, and the calls for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shortlink.client.call import Call, part, read_json, read_nothing, words
from shortlink.client.errors import Answer, InvalidArgument

PAGE = 500
FORMS = ("csv", "header", "json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `data` holds what it is about and what only its type has.

    Keep `cursor` once the event is dealt with, and read on after it: nothing is missed, and at worst some events come
    again, with the same ids.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    cursor: str

    @property
    def msgid(self) -> str | None:
        """The message it is about, if it is about one."""
        return self.data.get("msgid")

    @property
    def tags(self) -> tuple[str, ...]:
        """The message's tags."""
        return tuple(self.data.get("tags") or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events, oldest first, the cursor to go on after, and whether more are there already."""

    events: tuple[Event, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A log file of one UTC day and type."""

    name: str


def events(*, after: str | None, types: str | Sequence[str], tag: str | None, msgid: str | None) -> Call[EventPage]:
    """Read the events after a cursor."""
    given = {"after": after or None, "type": ",".join(words(types)) if types else None, "tag": tag, "msgid": msgid}
    params = {name: value for name, value in given.items() if value is not None} | {"limit": str(PAGE)}
    return Call(method="GET", path="/events/", read=lambda answer: _read_page(answer, after or ""), params=params)


def _read_page(answer: Answer, before: str) -> EventPage:
    found = read_json(answer)
    told, following = found["events"], str(found["next"])
    # Only behind the last one it is known where to read on.
    cursors = [before] * (len(told) - 1) + [following]
    read = tuple(_read_event(one, cursor) for one, cursor in zip(told, cursors, strict=False))
    return EventPage(events=read, cursor=following, more=bool(found["more"]))


def _read_event(given: Mapping[str, Any], cursor: str) -> Event:
    at = datetime.fromisoformat(given["timestamp"])
    return Event(id=given["id"], type=given["type"], at=at, data=given["data"], cursor=cursor)


def log_days() -> Call[tuple[str, ...]]:
    """List the days of which there are log files."""
    return Call(method="GET", path="/logfiles/", read=lambda answer: tuple(read_json(answer)))


def log_files(day: str) -> Call[tuple[LogFile, ...]]:
    """List the log files of a day."""
    return Call(
        method="GET",
        path=f"/logfiles/{part(day)}/",
        read=lambda answer: tuple(LogFile(name=name) for name in read_json(answer)),
    )


def log_file(name: str, form: str) -> Call[None]:
    """Read a log file, in one of FORMS. Raises InvalidArgument for another."""
    if form not in FORMS:
        raise InvalidArgument(f"a log file comes as {', '.join(FORMS)}, not as {form!r}")
    tail = "" if form == "csv" else f"{form}/"
    return Call(method="GET", path=f"/logfiles/{part(name)}/{tail}", read=read_nothing)
