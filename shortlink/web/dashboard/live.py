"""Live: what happens, as it happens."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, render_template, request

from shortlink.domain.event import Event, EventType
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import archive, dashboard
from shortlink.web.dashboard.timeline import Entry, is_told, tell_event
from shortlink.web.query import whole_number

SHOWN = 50
MOST_NEW = 100  # a poll's worth; the next one brings more
_TYPES = {
    "messages": tuple(type_ for type_ in EventType if type_.value.startswith(("message.", "recipient."))),
    "clicks": (EventType.LINK_CLICKED,),
    "machines": (EventType.LINK_PREVIEWED,),
    "callbacks": (EventType.CALLBACK_ATTEMPTED,),
}


@dashboard.get("/live")
def show_live() -> str:
    """Show the newest events; the page then asks for those that follow."""
    desk, sid, only = archive(), account().sid, request.args.get("only", "")
    newest = desk.newest(sid)
    events = desk.newest_events(sid, count=SHOWN, types=_TYPES.get(only, ()))
    return render_template(
        "dashboard/live.html",
        lines=_lines(events),
        only=only if only in _TYPES else "",
        place=newest,
    )


@dashboard.get("/live/news")
def show_news() -> str | Response:
    """Write the events after a place, newest first, and the place to ask from the next time."""
    desk, sid, only = archive(), account().sid, request.args.get("only", "")
    place = whole_number(request.args.get("after", "")) or 0
    newest = desk.newest(sid)
    if newest <= place:
        return Response(status=204)
    events = desk.events_after(sid, place, count=MOST_NEW, types=_TYPES.get(only, ()))
    return render_template(
        "dashboard/_news.html",
        lines=_lines(reversed(events)),
        only=only if only in _TYPES else "",
        place=events[-1].seq if len(events) == MOST_NEW else newest,
    )


def _lines(events: Iterable[Event]) -> list[tuple[Event, Entry]]:
    """Put events into words, but for those that the next one tells better."""
    reason_for = services().receipts.reason_for
    return [(event, tell_event(event, reason_for)) for event in events if not is_told(event)]
