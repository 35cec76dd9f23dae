"""Messages: the list with its search, and one message's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.callback import Callback
from shortlink.domain.errors import NotFound, RecordUnreadable
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import Message
from shortlink.use_cases.read_archive import Row
from shortlink.use_cases.redeliver_callbacks import redeliver_callback
from shortlink.use_cases.switch_link import switch_link
from shortlink.web.context import account, services
from shortlink.web.dashboard.choice import list_of_message
from shortlink.web.dashboard.door import archive, dashboard, is_part, is_unchanged
from shortlink.web.dashboard.links import message_of_short_link
from shortlink.web.dashboard.problems import problem_page
from shortlink.web.dashboard.recorded import read_recorded
from shortlink.web.dashboard.search import Asked, read_address, read_form
from shortlink.web.dashboard.timeline import tell_message
from shortlink.web.dashboard.words import STATUS_CHOICES
from shortlink.web.query import MOST_DIGITS, whole_number
from shortlink.web.throttle import SWITCHES, redeliver_limit, take_allowance, wait_seconds

PAGE = 50
_SWITCH = {"off": False, "on": True}
_ID_LENGTH = 32


@dashboard.get("/messages")
def show_messages() -> str | Response:
    """List messages, newest first; a number that is searched for stands sealed in the address."""
    asked, before = read_address(), request.args.get("before", "")
    newest = archive().newest(account().sid)
    if is_unchanged(newest):
        return Response(status=204)
    faults = asked.faults()
    place = whole_number(before)
    if before and place is None:
        faults["before"] = f"“{before[:MOST_DIGITS]}” is no place in this list. Please begin with the newest."
    if faults:
        return Response(_list(asked, [], is_first=True, newest=newest, faults=faults), 400)
    rows = [] if asked.lost else archive().search(account().sid, asked.conditions(), before=place, limit=PAGE + 1)
    return _list(asked, rows, is_first=not before, newest=newest)


@dashboard.post("/messages")
def search_messages() -> BaseResponse:
    """Lead to what is searched for: a number comes in a form, because addresses reach logs, and goes on sealed.

    A message's id or short link in the field for the number leads to the message's page.
    """
    asked = read_form()
    if msgid := _named_by(asked):
        return redirect(url_for("dashboard.show_message", msgid=msgid, **asked.address()), 303)
    if asked.number and not asked.sealed:
        return Response(_list(asked, [], is_first=True, newest=0), 400)
    return redirect(url_for("dashboard.show_messages", **asked.address()), 303)


def _named_by(asked: Asked) -> str | None:
    """Find the message that was named in the field for the number."""
    if len(asked.number) == _ID_LENGTH and asked.number.isascii() and asked.number.isalnum():
        return asked.number
    return None if asked.sealed else message_of_short_link(asked.number)


def _list(
    asked: Asked, rows: Sequence[Row], *, is_first: bool, newest: int, faults: Mapping[str, str] | None = None
) -> str:
    return render_template(
        "dashboard/messages.html",
        asked=asked,
        given=asked.openly,
        faults=faults or {},
        rows=rows[:PAGE],
        also=[*_beside_form(asked)],
        choices=STATUS_CHOICES,
        tags=[] if is_part() else archive().tags(account().sid),
        further=rows[PAGE - 1].n if len(rows) > PAGE else None,
        is_first=is_first,
        here=asked.address() | ({} if is_first else {"before": request.args.get("before", "")}),
        newest=newest,
    )


def _beside_form(asked: Asked) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name the conditions that no field is for: a title, what it is, and the search without it."""
    given, whole = asked.openly, asked.address()
    if error := given.get("reason"):
        said = f"{services().receipts.reason_for(error)} ({error})"
        yield "Failed because:", said, {name: value for name, value in whole.items() if name != "reason"}
    if link := given.get("link"):
        yield "Leads to", link, {name: value for name, value in whole.items() if name != "link"}


@dashboard.get("/message")
def find_message() -> BaseResponse:
    """Lead to the page of the message whose id was typed."""
    return redirect(url_for("dashboard.show_message", msgid=request.args.get("msgid", "").strip() or "-"), 303)


@dashboard.get("/messages/<msgid>")
def show_message(msgid: str) -> str | Response:
    """Show what happened to a message: from the store while its record lives, from the archive as well."""
    sid, reason_for = account().sid, services().receipts.reason_for
    events, row = _archived(msgid)
    message, callbacks, damage = read_recorded(msgid)
    if message is None and row is None:
        raise damage or NotFound("no such message")
    mark = _mark(events, message, callbacks, damage)
    if is_part() and request.args.get("after") == mark:
        return Response(status=204)
    error = message.error if message else row.error if row else None
    shown: dict[str, Any] = {
        "message": message,
        "row": row,
        "about": message or row,
        "callbacks": callbacks,
        "damage": damage,
        "is_off": _is_off(events),
        "entries": tell_message(message, callbacks, events, reason_for),
        "reason": reason_for(error) if error else "",
        "mark": mark,
        "back": list_of_message(),
        "sid": sid,
    }
    return render_template("dashboard/_message.html" if is_part() else "dashboard/message.html", **shown)


def _archived(msgid: str) -> tuple[list[Event], Row | None]:
    if services().archive_if_any is None:
        return [], None
    desk, sid = archive(), account().sid
    return desk.events_of(sid, msgid), desk.message(sid, msgid)


def _is_off(events: Sequence[Event]) -> bool:
    """Whether a link was switched off last, by the archive: for a record that does not say so any more."""
    turns = [event.type for event in events if event.type in (EventType.LINK_DISABLED, EventType.LINK_ENABLED)]
    return turns[-1:] == [EventType.LINK_DISABLED]


def _mark(
    events: Sequence[Event], message: Message | None, callbacks: Sequence[Callback], damage: RecordUnreadable | None
) -> str:
    """Name what a message's page shows: a page that shows the same has the same mark."""
    tries = ".".join(f"{callback.tries}{callback.state.value}" for callback in callbacks)
    link = message.link if message else None
    dead = link.dead_taps.count if link and link.dead_taps else 0
    state = f"{message.status.value}{int(link.disabled) if link else ''}.{dead}" if message else ""
    return f"{max((event.seq for event in events), default=0)}-{'damaged' if damage else state}-{tries}"


@dashboard.post("/messages/<msgid>/link")
def turn_link(msgid: str) -> BaseResponse:
    """Switch a message's short link off or on."""
    wanted = request.form.get("turn", "")
    if wanted not in _SWITCH:
        abort(400)
    if not (allowance := take_allowance("switch", SWITCHES)).granted:
        return problem_page(429, retry_seconds=wait_seconds(allowance))
    known = services()
    switch_link(
        msgid, on=_SWITCH[wanted], by="dashboard", sid=account().sid, messages=known.messages, links=known.links
    )
    return _back_to(msgid)


@dashboard.post("/messages/<msgid>/callbacks/<callback_id>/redeliver")
def redeliver(msgid: str, callback_id: str) -> BaseResponse:
    """Begin another round of tries of one callback."""
    known = services()
    limit = redeliver_limit(known.settings)
    if limit.rate > 0 and not (allowance := take_allowance("redeliver", limit)).granted:
        return problem_page(429, retry_seconds=wait_seconds(allowance))
    redeliver_callback(msgid, callback_id, sid=account().sid, messages=known.messages, callbacks=known.callbacks)
    return _back_to(msgid)


def _back_to(msgid: str) -> BaseResponse:
    return redirect(url_for("dashboard.show_message", msgid=msgid, **list_of_message()), 303)
