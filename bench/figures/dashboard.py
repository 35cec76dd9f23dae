"""Server time of the dashboard's pages, with an archive full of messages.

The pages are asked for inside this process, so that the time is the server's alone: from the request to the last byte.
Each page is asked for once before it is measured, as a page that nobody has looked at for hours is read from the disk.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median

from flask.testing import FlaskClient

from bench.past import past_days
from bench.program import Broken
from bench.run import Aim, Finding, Measure, Run
from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import build
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.supervisor.embedded_store import EmbeddedStore
from shortlink.web.app import create_app

AIM = Aim(bound=300.0, at_least=False)
DAYS = 100
DAYS_WITHOUT_WEEKENDS = 76  # a weekend's day has a third of the others' messages
LOOKS_A_ROUND = 4
KEY = "bench" * 8
_SEALED = re.compile(r"sealed=(\w+)")
_FORM = re.compile(r'name="form_token" value="(\w+)"')
_MESSAGE = re.compile(r'href="(/dashboard/messages/[a-p]\w{31})["?]')
PAGES = {
    "overview, 30 days": "/dashboard/?period=30",
    "overview, 90 days in Tokyo": "/dashboard/?period=90",
    "overview, one tag": "/dashboard/?period=90&tag=spring-sale",
    "messages": "/dashboard/messages",
    "messages, a number": "/dashboard/messages?sealed={sealed}",
    "messages, a tag and a status": "/dashboard/messages?tag=reminder&status=failed",
    "messages, clicked, a month ago": "/dashboard/messages?clicked=yes&to={month_ago}",
    "messages, nothing found": "/dashboard/messages?tag=reminder&status=unconfirmed",
    "replies": "/dashboard/replies",
    "links": "/dashboard/links?period=90",
    "tags beside each other, 90 days": "/dashboard/tags?period=90",
    "live": "/dashboard/live",
    "log files": "/dashboard/logs",
    "webhooks": "/dashboard/webhooks",
}


def measure(run: Run) -> Finding:
    """Fill an archive and look at every page."""
    with _dashboard(run) as client:
        looks = LOOKS_A_ROUND * run.scale.rounds
        times = {name: _look(client, path, looks) for name, path in _pages(client).items()}
    return Finding(
        measures=[
            Measure(name=f"dashboard p95, {name}", value=_p95(found), unit="ms", aim=AIM)
            for name, (found, _) in times.items()
        ],
        details={
            "messages": run.scale.many_links,
            "p50_ms": {name: round(median(found), 1) for name, (found, _) in times.items()},
            "processor_ms": {name: round(mean(spent), 1) for name, (_, spent) in times.items()},
            "looks": looks,
        },
    )


@contextmanager
def _dashboard(run: Run) -> Iterator[FlaskClient]:
    """Give a browser that is signed in."""
    with tempfile.TemporaryDirectory(prefix="sl-bench-") as path, EmbeddedStore(Path(path)).running() as url:
        settings = Settings(redis_url=url, secret_key=KEY, archive_dir=Path(path) / "archive")
        account = open_accounts(settings).add("Bench")
        _fill(run, EventLog(Archive(Path(path) / "archive")), account.sid)
        client = create_app(build(settings)).test_client()
        found = _FORM.search(client.get("/dashboard/login").text)
        fields = {"form_token": found.group(1) if found else "", "sid": account.sid, "token": account.auth_token}
        client.post("/dashboard/login", data=fields)
        client.set_cookie("shortlink_zone", "Asia/Tokyo", path="/dashboard")
        yield client


def _fill(run: Run, log: EventLog, sid: str) -> None:
    kept, begun = 0, time.monotonic()
    a_day = max(1, run.scale.many_links // DAYS_WITHOUT_WEEKENDS)
    for day in past_days(sid, now=int(time.time() * 1000), days=DAYS, a_day=a_day):
        log.append(day.events, met=day.met)
        kept += len(day.met)
        run.say(f"dashboard: {kept:,} messages kept, {kept / (time.monotonic() - begun):,.0f} a second")


def _pages(client: FlaskClient) -> dict[str, str]:
    month_ago = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * 86_400))
    sealed = _seal(client, "8180123")
    pages = {name: path.format(month_ago=month_ago, sealed=sealed) for name, path in PAGES.items()}
    found = _MESSAGE.search(client.get("/dashboard/messages?clicked=yes").text)
    return pages | ({"a message": found.group(1)} if found else {})


def _seal(client: FlaskClient, number: str) -> str:
    """Search for a number as the form does; give what stands for it in the address of what was found."""
    form = _FORM.search(client.get("/dashboard/messages").text)
    fields = {"form_token": form.group(1) if form else "", "number": number}
    found = _SEALED.search(client.post("/dashboard/messages", data=fields).location or "")
    if found is None:
        raise Broken("a search for a number led nowhere")
    return found.group(1)


def _look(client: FlaskClient, path: str, looks: int) -> tuple[list[float], list[float]]:
    """Ask for a page again and again; how many milliseconds each took, and how many of the processor's."""
    times, spent = [], []
    for _ in range(looks + 1):
        begun, processor = time.perf_counter(), time.process_time()
        answer = client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        spent.append((time.process_time() - processor) * 1000)
        if answer.status_code != 200:
            raise Broken(f"{path} was answered with {answer.status_code}")
    return times[1:], spent[1:]


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]
