"""Links: which addresses people were led to, and a way from a short link to its message."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.web.context import account, services
from shortlink.web.dashboard.asked_period import asked_period
from shortlink.web.dashboard.door import archive, dashboard, is_unchanged
from shortlink.web.dashboard.period import PRESETS

SHOWN = 100
MAX_TAG = 200


@dashboard.get("/links")
def show_links() -> BaseResponse:
    """Rank the addresses of a period and a tag; with `short`, go to the message of that short link."""
    desk, sid = archive(), account().sid
    short = request.args.get("short", "").strip()
    if short and (msgid := message_of_short_link(short)):
        return redirect(url_for("dashboard.show_message", msgid=msgid), 303)
    if is_unchanged(newest := desk.newest(sid)):
        return Response(status=204)
    (period, faults), tag = asked_period(), request.args.get("tag", "").strip()[:MAX_TAG]
    links = [] if faults else desk.links(sid, since=period.since, until=period.until, tag=tag or None, limit=SHOWN)
    shown = render_template(
        "dashboard/links.html",
        period=period,
        faults=faults,
        tag=tag,
        tags=desk.tags(sid),
        presets=PRESETS,
        short=short,
        links=links,
        shown=SHOWN,
        newest=newest,
    )
    return Response(shown, 400 if faults else 200)


def message_of_short_link(short: str) -> str | None:
    """Find this account's message by its short link, or by the code that it ends in."""
    code = short.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    if not services().mint.accepts(code):
        return None
    found = archive().message_of_code(account().sid, code)
    return found.id if found else None
