"""The overview: how far messages came, who tapped, when and where."""

from __future__ import annotations

from flask import Response, render_template, request

from shortlink.web.context import account, services
from shortlink.web.dashboard.asked_period import asked_period
from shortlink.web.dashboard.chart import draw_chart
from shortlink.web.dashboard.door import archive, dashboard, is_unchanged
from shortlink.web.dashboard.period import PRESETS, steps_of

MAX_TAG = 200


@dashboard.get("/")
def show_overview() -> str | Response:
    """Show the figures of a period; as the part that htmx puts into its place when it asks for news."""
    desk, sid = archive(), account().sid
    if is_unchanged(newest := desk.newest(sid)):
        return Response(status=204)
    (period, faults), tag = asked_period(), request.args.get("tag", "").strip()[:MAX_TAG]
    if faults:
        asked = {"tag": tag, "dates": request.args, "faults": faults}  # to be mended, as it was written
        shown = {"period": period, "presets": PRESETS, "tags": desk.tags(sid)} | asked
        return Response(render_template("dashboard/overview.html", **shown), 400)
    found = desk.overview(sid, since=period.since, until=period.until, step_ms=period.step_ms, tag=tag or None)
    return render_template(
        "dashboard/overview.html",
        period=period,
        presets=PRESETS,
        tag=tag,
        tags=found.tags,
        dates={},
        faults={},
        found=found,
        totals=found.totals,
        reason_for=services().receipts.reason_for,
        chart=draw_chart(steps_of(period, found.series)),
        newest=newest,
    )
