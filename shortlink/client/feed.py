"""Events, log files and webhooks: what the API says of them, and the calls for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shortlink.client.call import Call, read_json, read_nothing
from shortlink.client.errors import Answer

FORMS = ("csv", "header", "json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `id` is the cursor to go on after; `raw` is the whole record."""

    id: str
    type: str
    at: str
    msgid: str | None
    tags: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events, oldest first, the cursor to go on after, and whether more are there already."""

    events: tuple[Event, ...]
    cursor: str | None
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A log file of one UTC day and type."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that events are sent to. `secret` is only told when it is new."""

    id: str
    url: str
    events: tuple[str, ...]
    format: str
    tag: str | None
    description: str | None
    secret: str | None = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False, compare=False)


def events(*, after: str | None, types: Sequence[str], tag: str | None, msgid: str | None) -> Call[EventPage]:
    """Read the events after a cursor."""
    given = {"after": after, "type": ",".join(types), "tag": tag, "msgid": msgid}
    params = {name: value for name, value in given.items() if value}
    return Call(method="GET", path="/events/", read=_read_page, params=params)


def _read_page(answer: Answer) -> EventPage:
    found = read_json(answer)
    read = tuple(_read_event(one) for one in found["events"])
    return EventPage(
        events=read, cursor=str(found["next"]) if found.get("next") else None, more=bool(found.get("more"))
    )


def _read_event(given: Mapping[str, Any]) -> Event:
    return Event(
        id=str(given["id"]),
        type=given["type"],
        at=str(given["at"]),
        msgid=given.get("msgid"),
        tags=tuple(given.get("tags") or ()),
        raw=given,
    )


def log_days() -> Call[tuple[str, ...]]:
    """List the days of which there are log files."""
    return Call(method="GET", path="/logfiles/", read=lambda answer: tuple(read_json(answer)))


def log_files(day: str) -> Call[tuple[LogFile, ...]]:
    """List the log files of a day."""
    return Call(
        method="GET",
        path=f"/logfiles/{day}/",
        read=lambda answer: tuple(LogFile(name=name) for name in read_json(answer)),
    )


def log_file(name: str, form: str) -> Call[None]:
    """Read a log file, in one of the forms."""
    if form not in FORMS:
        raise ValueError(f"a log file comes as {', '.join(FORMS)}, not as {form!r}")
    tail = "" if form == "csv" else f"{form}/"
    return Call(method="GET", path=f"/logfiles/{name}/{tail}", read=read_nothing, headers={"Accept-Encoding": "gzip"})


def webhooks() -> Call[tuple[Webhook, ...]]:
    """List webhooks."""
    return Call(method="GET", path="/webhooks/", read=lambda answer: tuple(_webhook(one) for one in read_json(answer)))


def create_webhook(
    url: str, types: Sequence[str], *, form: str, tag: str | None, description: str | None
) -> Call[Webhook]:
    """Make a webhook; made twice, there are two."""
    content: dict[str, Any] = {"url": url, "events": list(types), "format": form}
    content |= {name: value for name, value in (("tag", tag), ("description", description)) if value}
    return Call(method="POST", path="/webhooks/", read=_read_webhook, content=content, repeatable=False)


def change_webhook(webhook_id: str, changes: Mapping[str, Any]) -> Call[Webhook]:
    """Change a webhook."""
    return Call(method="PATCH", path=f"/webhooks/{webhook_id}/", read=_read_webhook, content=dict(changes))


def delete_webhook(webhook_id: str) -> Call[None]:
    """Delete a webhook."""
    return Call(method="DELETE", path=f"/webhooks/{webhook_id}/", read=read_nothing)


def _read_webhook(answer: Answer) -> Webhook:
    return _webhook(read_json(answer))


def _webhook(given: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=given["id"],
        url=given["url"],
        events=tuple(given.get("events") or ()),
        format=given.get("format") or "json",
        tag=given.get("tag"),
        description=given.get("description"),
        secret=given.get("secret"),
        raw=given,
    )
