"""Log files: everything that happened on a day, to download."""

from __future__ import annotations

from datetime import date

from flask import Response, abort, render_template, request

from shortlink.dialects.log_names import day_of, read_file_name
from shortlink.dialects.logs import LOGS
from shortlink.domain.errors import NotFound
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import dashboard
from shortlink.web.logfiles import send_log

DAYS = 60  # on one page
_ENDINGS = {"header": "csv", "json": "json", "xml": "xml"}


@dashboard.get("/logs")
def show_log_days() -> str:
    """List the days of which there are logs, newest first."""
    days = services().log_desk.days(account().sid)[::-1]
    before = request.args.get("before", "")
    if day_of(before) is not None:
        days = [day for day in days if day < before]
    return render_template(
        "dashboard/log_days.html",
        days=[(day, date.fromisoformat(day)) for day in days[:DAYS]],
        further=days[DAYS - 1] if len(days) > DAYS else None,
        is_first=not before,
    )


@dashboard.get("/logs/<day>")
def show_log_day(day: str) -> str:
    """List the logs of a day."""
    names = services().log_desk.names(account().sid, day)
    if not names:
        raise NotFound("nothing happened on that day")
    logs = [(name, found[0]) for name in names if (found := read_file_name(name)) is not None]
    return render_template("dashboard/log_day.html", day=day, date=date.fromisoformat(day), logs=logs, known=LOGS)


@dashboard.get("/logs/<day>/<name>/<form>")
def download_log(day: str, name: str, form: str) -> Response:
    """Send a log of a day as a file."""
    if form not in _ENDINGS or not name.endswith(f".{day}.log"):
        abort(404)
    answer = send_log(account().sid, name, form)
    saved_as = f"{name.removesuffix('.log')}.{_ENDINGS[form]}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    return answer
