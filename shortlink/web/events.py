"""The feed of events: the records of the log files, read on from a cursor."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from shortlink.dialects.event_object import event_object
from shortlink.domain.errors import InvalidFields
from shortlink.domain.event import EventType
from shortlink.domain.message_id import MESSAGE_ID_FORM
from shortlink.web.answers import json_answer
from shortlink.web.context import account, services
from shortlink.web.query import misnamed, whole_number

events = Blueprint("events", __name__)
MOST = 1000
NEWEST = "newest"
USUAL = 100
_NAMES = ("after", "type", "tag", "msgid", "limit")
_CURSOR = "Must be the `next` of an earlier answer, or `newest`."


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuestion:
    """What is asked for; no types means all of them, and no `after` only what is still to come."""

    after: int | None
    types: tuple[EventType, ...]
    tag: str | None
    message_id: str | None
    limit: int


@events.get("/events")
def feed() -> Response:
    """Read the next events after a cursor, oldest first."""
    asked = read_question(request.args)
    log = services().archive.events
    if asked.after and asked.after > log.end():  # of another archive: its reader would wait for ever
        raise InvalidFields({"after": [f"Is not a cursor of this feed. {_CURSOR}"]})
    page = log.page(
        account().sid,
        after=log.newest_seq(account().sid) if asked.after is None else asked.after,
        types=asked.types,
        tag=asked.tag,
        message_id=asked.message_id,
        limit=asked.limit,
    )
    return json_answer(
        {"events": [event_object(event) for event in page.events], "next": str(page.next), "more": page.more}
    )


@events.errorhandler(InvalidFields)
def say_what_is_wrong(error: InvalidFields) -> Response:
    """Answer 400 with every fault at once."""
    return json_answer(error.fields, 400)


def read_question(given: MultiDict[str, str]) -> FeedQuestion:
    """Read what is asked for. Raises InvalidFields with every fault at once."""
    faults = misnamed(given, _NAMES)
    from_now = given.get("after") == NEWEST
    after, limit = (
        0 if from_now else whole_number(given.get("after") or "0"),
        whole_number(given.get("limit", str(USUAL))),
    )
    if after is None:
        faults["after"] = [_CURSOR]
    if limit is None or not 1 <= limit <= MOST:
        faults["limit"] = [f"Must be a whole number from 1 to {MOST}."]
    names = given["type"].split(",") if "type" in given else []
    known = set(EventType)
    if any(name not in known for name in names):
        faults["type"] = [f"Must be of {', '.join(EventType)}; several are separated by commas."]
    if given.get("tag") == "":
        faults["tag"] = ["Must not be empty; leave it out for all events."]
    message_id = given.get("msgid")
    if message_id is not None and re.fullmatch(MESSAGE_ID_FORM, message_id) is None:
        faults["msgid"] = ["Must be a msgid."]
    if faults:
        raise InvalidFields(faults)
    return FeedQuestion(
        after=None if from_now else after or 0,
        types=tuple(map(EventType, names)),
        tag=given.get("tag"),
        message_id=message_id,
        limit=limit or USUAL,
    )
