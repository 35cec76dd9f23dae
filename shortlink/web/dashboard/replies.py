"""Replies: what people answered, and who wants no more messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from flask import Response, render_template, request

from shortlink.domain.event import Event, EventType
from shortlink.domain.opt_out import Wish
from shortlink.web.context import account
from shortlink.web.dashboard.choice import chosen_days
from shortlink.web.dashboard.door import archive, dashboard, is_unchanged
from shortlink.web.dashboard.period import faults_of_dates, read_dates
from shortlink.web.dashboard.presentation import reader_zone
from shortlink.web.dashboard.search import seal_for_reader
from shortlink.web.dashboard.words import EVENT, HELP, REPLY, SAID_BY, Words
from shortlink.web.query import whole_number

PAGE = 50
# What can be shown alone, as the address says it: each is what a figure counts.
_TYPES = {
    "": (EventType.MESSAGE_RECEIVED, EventType.RECIPIENT_UNSUBSCRIBED, EventType.RECIPIENT_RESUBSCRIBED),
    "replies": (EventType.MESSAGE_RECEIVED,),
    "opt-outs": (EventType.RECIPIENT_UNSUBSCRIBED,),
    "opt-ins": (EventType.RECIPIENT_RESUBSCRIBED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One line: what somebody wrote, what followed from it, or both. `number` is "" once erased."""

    seq: int  # of the later event, where it is made of two
    at: int
    number: str
    sender: str
    words: Words
    text: str | None = None  # None where nothing was written
    said_by: str = ""


@dashboard.get("/replies")
def show_replies() -> Response:
    """List what came in and every opt-out, newest first; of some days, if any are chosen."""
    desk, sid = archive(), account().sid
    if is_unchanged(newest := desk.newest(sid)):
        return Response(status=204)
    only, place = request.args.get("only", ""), whole_number(request.args.get("before", ""))
    chosen, faults = chosen_days(), faults_of_dates(request.args)
    lines = [] if faults else _lines(_TYPES.get(only, _TYPES[""]), place)
    shown = render_template(
        "dashboard/replies.html",
        lines=lines[:PAGE],
        only=only if only in _TYPES else "",
        given=request.args,
        chosen=chosen,
        faults=faults,
        further=lines[PAGE].seq + 1 if len(lines) > PAGE else None,
        is_first=place is None,
        newest=newest,
        seal_for_reader=seal_for_reader,
    )
    return Response(shown, 400 if faults else 200)


def _lines(types: Collection[EventType], place: int | None) -> list[Reply]:
    """Read the lines of a page, and one more if there is another page."""
    since, until = read_dates(request.args, reader_zone())
    # Two events at most make a line, so these are enough.
    found = archive().newest_events(
        account().sid, count=2 * (PAGE + 1), types=types, before=place, since=since, until=until
    )
    return join_events(found)


def join_events(events: Iterable[Event]) -> list[Reply]:
    """Make a line of each event, newest first; an SMS and the opt-out that it asked for are one line."""
    lines: dict[str, Reply] = {}
    for event in events:
        name = str(event.data.get("inbound_id") or event.id)
        line = _line_of(event)
        # What came of an SMS is told after it, so it comes first here.
        lines[name] = replace(lines[name], text=line.text, said_by="") if name in lines else line
    return list(lines.values())


def _line_of(event: Event) -> Reply:
    is_text = event.type is EventType.MESSAGE_RECEIVED
    return Reply(
        seq=event.seq,
        at=event.at,
        number=event.recipient,
        sender=event.sender,
        words=_words_of(event),
        text=str(event.data.get("text") or "") if is_text else None,
        said_by="" if is_text else SAID_BY.get(event.data.get("reason", ""), ""),
    )


def _words_of(event: Event) -> Words:
    if event.type is not EventType.MESSAGE_RECEIVED:
        return EVENT[event.type]
    return HELP if event.data.get("keyword") == Wish.HELP else REPLY
