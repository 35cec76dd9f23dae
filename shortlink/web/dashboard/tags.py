"""Tags beside each other: what became of the messages of each, to compare campaigns."""

from __future__ import annotations

from flask import Response, render_template, request

from shortlink.use_cases.read_archive import TagFigures, TagOrder
from shortlink.web.context import account
from shortlink.web.dashboard.asked_period import asked_period
from shortlink.web.dashboard.door import archive, dashboard, is_unchanged
from shortlink.web.dashboard.period import PRESETS, Period

SHOWN = 200
MAX_TAG = 200
USUAL = "clicked"
# By what the rows can be sorted, as the address says it: the heading, and the figure.
ORDERS: dict[str, tuple[str, TagOrder]] = {
    "tag": ("Tag", "tag"),
    "messages": ("Messages", "accepted"),
    "delivered": ("Delivered", "delivered"),
    "clicked": ("Clicked", "clicked"),
    "rate": ("Click rate on delivered", "rate"),
    "segments": ("Segments", "segments"),
    "cost": ("Cost", "cost_micros"),
}
_DIRECTIONS = ("up", "down")


@dashboard.get("/tags")
def show_tags() -> Response:
    """List the tags of a period in the order that the address asks for; an order that is none is the usual one."""
    if is_unchanged(newest := archive().newest(account().sid)):
        return Response(status=204)
    period, faults = asked_period()
    sort, rising = _order()
    found = [] if faults else read_tags(period, SHOWN)
    shown = render_template(
        "dashboard/tags.html",
        period=period,
        presets=PRESETS,
        faults=faults,
        tag=request.args.get("tag", "")[:MAX_TAG],
        found=found,
        shown=SHOWN,
        has_cost=any(one.totals.cost_micros for one in found),
        orders=ORDERS,
        sort=sort,
        rising=rising,
        kept=_kept(),
        newest=newest,
    )
    return Response(shown, 400 if faults else 200)


def read_tags(period: Period, limit: int) -> list[TagFigures]:
    """Read the tags of a period in the order that the address asks for."""
    sort, rising = _order()
    return archive().compare_tags(
        account().sid, since=period.since, until=period.until, by=ORDERS[sort][1], rising=rising, limit=limit
    )


def _order() -> tuple[str, bool]:
    """Read by what the rows are sorted, and whether upwards: names are from A to Z, figures from the most down."""
    asked, direction = request.args.get("sort", USUAL), request.args.get("order", "")
    sort = asked if asked in ORDERS else USUAL
    return sort, direction == "up" if direction in _DIRECTIONS else sort == "tag"


def _kept() -> dict[str, str]:
    """Name what of the address stays when another period is chosen."""
    return {name: value for name in ("sort", "order") if (value := request.args.get(name, ""))}
