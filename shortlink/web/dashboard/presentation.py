"""How things are written on the pages: numbers, shares, times, spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import g, has_request_context, request
from markupsafe import Markup

from shortlink.domain.phone import mask_number, space_number
from shortlink.domain.segment import count_segments
from shortlink.web.dashboard.cookies import ZONE

_MAX_ZONE = 64
_UP_TO_A_MARK = re.compile(r"[^/?&.=#_-]*[/?&.=#_-]+|[^/?&.=#_-]+")


def reader_zone() -> tzinfo:
    """Return the time zone of whoever reads the page, as the browser named it; UTC until then."""
    if not has_request_context():
        return UTC
    if "zone" not in g:
        g.zone = _zone(request.cookies.get(ZONE, "")[:_MAX_ZONE])
    zone: tzinfo = g.zone
    return zone


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, KeyError, OSError):  # KeyError: unknown; OSError: a folder of zones, such as "Asia"
        return UTC


def count(value: int) -> str:
    """Write a number with its thousands apart."""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """Write a part of a whole in per cent; a dash when there is no whole. Only nothing is 0%, and only all is 100%."""
    if not whole:
        return "–"
    value = 100 * part / whole
    if 0 < value < 0.05:
        return "<0.1%"
    if 99.95 <= value < 100:
        return ">99.9%"
    return f"{value:.0f}%" if value in (0, 100) else f"{value:.1f}%"


def money(value: float) -> str:
    """Write a price without needless zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def sum_of_money(value: float) -> str:
    """Write what much cost together to the hundredth, so that sums stand beneath each other; less than 1 as a price."""
    return f"{value:,.2f}" if value >= 1 or not value else money(value)


def moment(at: int) -> datetime:
    """Turn UTC milliseconds into a time where the reader is."""
    return datetime.fromtimestamp(at / 1000, reader_zone())


def clock(at: int, *, form: str = "%H:%M") -> str:
    """Write a time to the minute, with the date in front unless it is today, and the year unless it is this one."""
    then, now = moment(at), datetime.now(reader_zone())
    if then.date() == now.date():
        return then.strftime(form)
    return then.strftime(f"%-d %b, {form}" if then.year == now.year else f"%-d %b %Y, {form}")


def clock_seconds(at: int) -> str:
    """Write a time as `clock` does, to the second."""
    return clock(at, form="%H:%M:%S")


def seconds(at: int) -> str:
    """Write a time to the second."""
    return moment(at).strftime("%-d %b %Y, %H:%M:%S")


def exact(at: int) -> str:
    """Write a time to the millisecond, with its zone, as one reads a log."""
    then = moment(at)
    return then.strftime("%Y-%m-%d %H:%M:%S.") + f"{at % 1000:03d} " + then.strftime("%Z")


def iso(at: int) -> str:
    """Write a time for a `datetime` attribute."""
    return moment(at).isoformat(timespec="milliseconds")


def mark(newest: int) -> str:
    """Name what a page shows: by its newest event, and by the reader's day, with which “today” becomes another."""
    return f"{newest}-{datetime.now(reader_zone()).date()}"


def date(at: int) -> str:
    """Write a date."""
    return moment(at).strftime("%-d %b %Y")


def span(ms: int | None) -> str:
    """Write how long something took, in its two largest units; a dash for what never came."""
    if ms is None:
        return "–"
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms // 1000} s"
    minutes = ms // 60_000
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    rest = ms // 1000 % 60
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"


def size(text: str) -> str:
    """Say how many segments a text takes, in which encoding."""
    found = count_segments(text)
    segments, units = ("" if number == 1 else "s" for number in (found.count, found.units))
    return f"{found.count} segment{segments}, {found.encoding}, {found.units} unit{units}"


def answer(status: int | None) -> str:
    """Name an HTTP status."""
    if status is None:
        return "no answer"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def host(url: str) -> str:
    """Name the host of a URL; whatever has none stays as it is."""
    return urlsplit(url).netloc or url


def breakable(address: str) -> Markup:
    """Write an address that a narrow page breaks behind its marks first, and within a word only where it has to.

    What is copied from the page holds nothing more than the address.
    """
    return Markup("<wbr>").join(_UP_TO_A_MARK.findall(address))


def bytes_(value: int) -> str:
    """Write the size of a file."""
    if value < 1000:
        return f"{value} B"
    return f"{value / 1000:.0f} kB" if value < 1_000_000 else f"{value / 1_000_000:.1f} MB"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": space_number,
    "mask": mask_number,
    "count": count,
    "share": share,
    "money": money,
    "sum": sum_of_money,
    "clock": clock,
    "clock_seconds": clock_seconds,
    "seconds": seconds,
    "exact": exact,
    "iso": iso,
    "date": date,
    "mark": mark,
    "span": span,
    "size": size,
    "answer": answer,
    "host": host,
    "breakable": breakable,
    "bytes": bytes_,
}
