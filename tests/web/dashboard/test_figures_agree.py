"""Whatever happened: each page and each file that shows a figure shows the same, and what a count by hand says."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from io import StringIO
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from shortlink.domain.event import EventType as Type
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.history import TAGS, History, Holds, days_of, make_history
from tests.web.dashboard.test_search import shown

# A zone, and a day at whose beginning something is odd: a month or a leap day ends, the clock has just changed or will
# in an hour, midnight lies within an hour of UTC.
PLACES = (
    ("UTC", date(2024, 3, 1)),
    ("America/New_York", date(2024, 11, 4)),
    ("Africa/Cairo", date(2024, 4, 26)),
    ("Asia/Kolkata", date(2024, 5, 1)),
    ("Pacific/Chatham", date(2024, 4, 7)),
)
DAYS = {"before": (-1, -1), "after": (0, 0), "both": (-1, 0), "all": (-5, 9), "since": (0, 119), "until": (-130, -1)}
TILE = re.compile(r'class="label">([^<]+)</span><span class="value[^"]*">(?:<a href="/dashboard([^"]+)">)?([\d,.%–]+)')
COLUMN = re.compile(r'<tr><th scope="row">[^<]+</th><td class="figure">([\d,]+)</td><td class="figure">([\d,]+)</td>')
LISTED = ("Accepted", "Submitted", "Delivered", "Clicked", "Failed")
OTHER = "SLother"
Figures = dict[str, str]


def counted(history: History, holds: Holds) -> Figures:
    clicked, delivered = history.rate(holds)
    rate = f"{100 * clicked / delivered:.1f}%" if delivered else "–"
    figures = {
        "Accepted": history.count(Type.MESSAGE_ACCEPTED, holds),
        "Submitted": history.count(Type.MESSAGE_SUBMITTED, holds),
        "Delivered": history.count(Type.MESSAGE_DELIVERED, holds),
        "Clicked": history.clicked(holds),
        "Failed": history.count(Type.MESSAGE_FAILED, holds),
        "Clicks": history.count(Type.LINK_CLICKED, holds),
        "Machine hits, not counted": history.machine_hits(holds),
    }
    return {
        **{name: str(value) for name, value in figures.items()},
        "Click rate on delivered": {"0.0%": "0%", "100.0%": "100%"}.get(rate, rate),
    }


NOTHING = counted(History(), lambda _: True)  # of a period in which nothing happened, no figure is shown


def tiles(page: str) -> Figures:
    return {name: value for name, _, value in TILE.findall(page)}


def table(reader: Reader, path: str) -> list[list[str]]:
    text = reader.get(path, buffered=True).data.decode("utf-8-sig")
    return [[cell.removeprefix("'") for cell in row] for row in csv.reader(StringIO(text))][1:]


def columns(page: str) -> tuple[str, str]:
    found = COLUMN.findall(page.partition("The same as a table")[2].partition("</table>")[0])
    return str(sum(int(clicks) for clicks, _ in found)), str(sum(int(hits) for _, hits in found))


@pytest.fixture(params=PLACES, ids=lambda place: place[0])
def place(request: pytest.FixtureRequest, reader: Reader) -> tuple[ZoneInfo, date]:
    name, day = request.param
    reader.client.set_cookie("shortlink_zone", name, path="/dashboard")
    return ZoneInfo(name), day


@pytest.fixture
def history(reader: Reader, place: tuple[ZoneInfo, date]) -> History:
    """A history around the odd midnight."""
    zone, day = place
    middle = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
    return record_history(reader, middle)


def record_history(reader: Reader, middle: int) -> History:
    """Record a history, first many events together, then one by one; another account has one of its own."""
    chance = random.Random(middle)
    mine, other = (make_history(sid, middle, chance) for sid in (reader.sid, OTHER))
    for made in (other, mine):
        reader.log.append(made.events[:100], met=made.met)
        for event in made.events[100:]:
            reader.log.append([event])
    return mine


def periods(place: tuple[ZoneInfo, date]) -> Iterator[tuple[str, Holds]]:
    zone, day = place
    for begin, end in DAYS.values():
        first, last = day + timedelta(days=begin), day + timedelta(days=end)
        yield f"from={first}&to={last}", days_of(first, last, zone)


def test_pages_and_files_of_any_period_say_what_a_count_by_hand_says(
    reader: Reader, place: tuple[ZoneInfo, date], history: History
) -> None:
    for asked, holds in periods(place):
        for tag in ("", TAGS[0], TAGS[2]):
            mine, query = history.tagged(tag), f"?{asked}&tag={quote(tag)}"
            page, wanted = reader.page(f"/{query}"), counted(mine, holds)
            assert wanted.items() <= (tiles(page) or NOTHING).items(), query
            assert columns(page) == (wanted["Clicks"], wanted["Machine hits, not counted"]), query
            links = {row[0]: (int(row[1]), int(row[2])) for row in table(reader, f"/links.csv{query}")}
            assert links == mine.links(holds), query


def test_tags_beside_each_other_say_what_each_says_alone(
    reader: Reader, place: tuple[ZoneInfo, date], history: History
) -> None:
    for asked, holds in periods(place):
        wanted = []
        for tag in TAGS:
            mine, (clicked, delivered) = counted(history.tagged(tag), holds), history.tagged(tag).rate(holds)
            wanted.append([tag, mine["Accepted"], mine["Delivered"], mine["Clicked"], str(delivered), str(clicked)])
        found = [row[:6] for row in table(reader, f"/tags.csv?{asked}&sort=tag")]
        assert found == sorted(row for row in wanted if row in found or set(row[1:]) != {"0"})


def test_lists_have_as_many_rows_as_the_figures_that_lead_to_them(
    reader: Reader, place: tuple[ZoneInfo, date], history: History
) -> None:
    asked, holds = list(periods(place))[3]
    for tag in ("", *TAGS):
        wanted = counted(history.tagged(tag), holds)
        leads = TILE.findall(reader.page(f"/?{asked}&tag={quote(tag)}"))
        lists = {name: unescape(to) for name, to, _ in leads if to.startswith("/messages")}
        assert set(lists) == {name for name in LISTED if wanted[name] != "0"}
        for name, to in lists.items():
            assert str(len(shown(reader.page(to)))) == wanted[name], to
            assert str(len(table(reader, to.replace("?", ".csv?", 1)))) == wanted[name], to
