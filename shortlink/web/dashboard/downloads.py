"""What is on a page as a file for a spreadsheet: messages as they were searched, links and tags of a period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import chain
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.dialects.csv_lines import csv_lines
from shortlink.use_cases.read_archive import ArchiveDesk, Row, Search
from shortlink.web.context import account
from shortlink.web.dashboard.asked_period import asked_period
from shortlink.web.dashboard.door import archive, dashboard
from shortlink.web.dashboard.period import Period
from shortlink.web.dashboard.presentation import reader_zone
from shortlink.web.dashboard.search import read_address
from shortlink.web.dashboard.tags import read_tags
from shortlink.web.dashboard.words import STATUS
from shortlink.web.download_places import take_place

MOST_ROWS = 10_000
_AT_ONCE = 1000
_MARK = "\ufeff"  # without this mark in front, Excel takes UTF-8 for something else
_MESSAGES = ("Message id", "Recipient", "Status", "Failed because", "Clicks", "Machine hits", "Link", "Tags", "Sender")
_TAGS = ("Tag", "Messages", "Delivered", "Clicked", "Delivered with a link", "Of these clicked", "Segments", "Cost")
_ASKED = ("tag", "period", "from", "to", "sort", "order")
Cells = Sequence[str | int | float | None]


@dashboard.context_processor
def offer_limit() -> dict[str, object]:
    """Let pages say how much a file can hold."""
    return {"most_rows": MOST_ROWS}


@dashboard.get("/messages.csv")
def download_messages() -> BaseResponse:
    """Send the messages that the list of this address shows, newest first, of all its pages."""
    asked = read_address()
    if asked.lost or asked.faults():
        return redirect(url_for("dashboard.show_messages", **asked.address()), 303)  # where it is told what is wrong
    zone = reader_zone()
    head = (*_MESSAGES, "Segments", "Cost", f"Accepted ({zone})", f"First click ({zone})")
    rows = _all_rows(archive(), account().sid, asked.conditions())
    return _file("messages", head, (_of_message(row, zone) for row in rows))


@dashboard.get("/links.csv")
def download_links() -> BaseResponse:
    """Send the links of a period and a tag, the best first."""
    period, tag = _period(), request.args.get("tag", "").strip()
    if period is None:
        return _to_page("dashboard.show_links")
    found = archive().links(account().sid, since=period.since, until=period.until, tag=tag or None, limit=MOST_ROWS)
    return _file("links", ("Leads to", "Clicked", "Clicks"), ((one.link, one.clicked, one.clicks) for one in found))


@dashboard.get("/tags.csv")
def download_tags() -> BaseResponse:
    """Send the tags of a period in the order of the page."""
    period = _period()
    if period is None:
        return _to_page("dashboard.show_tags")
    rows = (
        (
            one.tag,
            *(one.totals.accepted, one.totals.delivered, one.totals.clicked),
            *(one.totals.delivered_linked, one.totals.delivered_clicked),
            *(one.totals.segments, one.totals.cost),
        )
        for one in read_tags(period, MOST_ROWS)
    )
    return _file("tags", _TAGS, rows)


def _period() -> Period | None:
    """Read the period; None when it makes no sense, which its page tells."""
    period, faults = asked_period()
    return None if faults else period


def _to_page(endpoint: str) -> BaseResponse:
    asked: dict[str, Any] = {name: value for name in _ASKED if (value := request.args.get(name))}
    return redirect(url_for(endpoint, **asked), 303)


def _all_rows(desk: ArchiveDesk, sid: str, wanted: Search) -> Iterator[Row]:
    """Walk over what a search finds, some at a time, so that nothing is held open for a slow reader."""
    place: int | None = None
    for _ in range(0, MOST_ROWS, _AT_ONCE):
        rows = desk.search(sid, wanted, before=place, limit=_AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        place = rows[-1].n


def _of_message(row: Row, zone: tzinfo) -> Cells:
    return (
        *(row.id, row.recipient, STATUS[row.status].name, row.error, row.clicks, row.machine_hits),
        *(row.link, ",".join(row.tags), row.sender, row.segments, row.cost),
        *(_time(row.accepted_at, zone), _time(row.first_click_at, zone)),
    )


def _time(at: int | None, zone: tzinfo) -> str | None:
    """Write a time as spreadsheets read one."""
    return None if at is None else datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _file(name: str, head: Cells, rows: Iterable[Cells]) -> Response:
    """Send rows as a file. Raises TooManyDownloads: a client that takes none keeps up to all of them in memory."""
    leave = take_place()
    try:
        lines = csv_lines(chain((head,), rows))
        first = next(lines, "")  # what goes wrong at once can still be told properly
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        pieces = (piece.encode() for piece in chain((_MARK, first), lines))
        answer = Response(pieces, headers=headers, content_type="text/csv; charset=utf-8; header=present")
    except BaseException:
        leave()
        raise
    answer.call_on_close(leave)
    return answer
