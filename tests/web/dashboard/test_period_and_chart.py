"""Periods in the reader's own days, and the columns they become."""

from __future__ import annotations

import html
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from shortlink.archive.figures import Point
from shortlink.archive.totals import Totals
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.web.dashboard.chart import HEIGHT, draw_chart
from shortlink.web.dashboard.period import (
    MOST_DAYS,
    Period,
    Step,
    faults_of_period,
    midnight,
    read_period,
    steps_of,
)
from shortlink.web.dashboard.presentation import breakable, money, share, size, span

TODAY = date(2026, 11, 22)
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


def period(zone: tzinfo = UTC, **given: str) -> Period:
    return read_period({name.rstrip("_"): value for name, value in given.items()}, zone, today=TODAY)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(("preset", "first"), [("today", 22), ("7", 16), ("nonsense", 24)])
def test_preset_ends_today_and_nonsense_is_thirty_days(preset: str, first: int) -> None:
    found = period(period=preset)
    assert (found.first.day, found.last) == (first, TODAY)
    assert found.address() == {"period": preset if preset != "nonsense" else "30"}


def test_days_are_the_readers_own() -> None:
    found = period(TOKYO, from_="2026-11-01", to="2026-11-02")
    assert (found.since, found.until) == (ms("2026-10-31T15:00+00:00"), ms("2026-11-02T15:00+00:00"))
    assert found.address() == {"from": "2026-11-01", "to": "2026-11-02"}
    assert found.step_ms == HOUR_MS


def test_dates_that_are_a_preset_are_that_preset() -> None:
    assert period(from_="2026-11-16", to="2026-11-22").preset == "7"
    assert period(from_="2026-11-15", to="2026-11-21").preset == ""


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"from_": "2026-11-20"}, date(2026, 11, 20), TODAY),
        ({"to": "2026-11-20"}, date(2026, 11, 20), date(2026, 11, 20)),
        ({"from_": "2026-11-20", "to": "2026-11-10"}, date(2026, 11, 10), date(2026, 11, 10)),
        ({"from_": "0001-01-01", "to": "2026-13-99"}, date(2026, 10, 24), TODAY),
    ],
)
def test_dates_that_make_no_sense_are_mended(given: dict[str, str], first: date, last: date) -> None:
    found = period(UTC, **given)
    assert (found.first, found.last) == (first, last)


def test_longest_period_has_an_end() -> None:
    assert period(from_="2001-01-01", to="2026-11-22").days == MOST_DAYS


def test_a_period_that_is_too_long_is_told_from_when_on_it_would_fit() -> None:
    faults = faults_of_period({"from": "2020-01-01"}, UTC, today=TODAY)
    assert faults["from"].startswith("A period has 1,100 days at most. Please begin on 2023-11-19 or later")
    assert faults_of_period({"from": "2023-11-19"}, UTC, today=TODAY) == {}
    assert "still to come" in faults_of_period({"from": "2026-11-23"}, UTC, today=TODAY)["from"]
    assert read_period({"from": "2023-11-19"}, UTC, today=TODAY).days == MOST_DAYS


def test_a_chart_of_years_names_them() -> None:
    shorts = [step.short for step in steps_of(period(from_="2024-01-01"), [])]
    assert (shorts[0], shorts[-1]) == ("Jan 2024", "Nov 2026")


def hours(begin: int, clicks: list[int]) -> list[Point]:
    return [Point(at=begin + place * HOUR_MS, totals=Totals(clicks=one)) for place, one in enumerate(clicks)]


def test_hours_become_the_readers_days_also_when_the_clock_changes() -> None:
    found = period(BERLIN, from_="2026-10-24", to="2026-10-26")  # the 25th has 25 hours there
    assert found.until - found.since == 3 * DAY_MS + HOUR_MS
    steps = steps_of(found, hours(found.since, [1] * 73))
    assert [step.clicks for step in steps] == [24, 25, 24]
    assert [step.short for step in steps] == ["24 Oct", "25 Oct", "26 Oct"]


def test_short_periods_are_drawn_by_hour_and_long_ones_by_week() -> None:
    today = period(TOKYO, period="today")
    steps = steps_of(today, hours(today.since, [0, 3]))
    assert (len(steps), steps[1].clicks, steps[1].short) == (24, 3, "01:00")
    year = period(from_="2025-11-23", to="2026-11-22")
    weeks = steps_of(year, [Point(at=year.until - DAY_MS, totals=Totals(clicks=5, previews=2))])
    assert (len(weeks), weeks[-1].clicks, weeks[-1].machine_hits) == (53, 5, 2)


@pytest.mark.parametrize("zone", [TOKYO, ZoneInfo("America/New_York")])
def test_weeks_are_put_together_from_whole_days_wherever_the_reader_is(zone: ZoneInfo) -> None:
    half_a_year = period(zone, from_="2026-05-01", to="2026-11-22")
    assert half_a_year.step_ms == DAY_MS
    begin = ms("2026-05-08T00:00+00:00")
    days = [Point(at=begin + place * DAY_MS, totals=Totals(clicks=1)) for place in range(7)]
    assert [step.clicks for step in steps_of(half_a_year, days)][:3] == [0, 7, 0]


@pytest.mark.parametrize("name", ["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham"])
def test_hour_in_which_a_midnight_lies_belongs_to_the_day_that_begins_in_it(name: str) -> None:
    first, second = (period(ZoneInfo(name), from_=f"2026-11-0{day}", to=f"2026-11-0{day}") for day in (1, 2))
    assert first.until == second.since == midnight(second.first, ZoneInfo(name)) // HOUR_MS * HOUR_MS
    assert second.until - second.since == DAY_MS
    both = period(ZoneInfo(name), from_="2026-10-31", to="2026-11-02")
    columns = steps_of(both, hours(second.since - HOUR_MS, [1, 20]))
    assert [step.clicks for step in columns] == [0, 1, 20]
    assert [step.clicks for step in steps_of(second, hours(second.since, [20, 3]))][:2] == [20, 3]


@pytest.mark.parametrize("zone", [TOKYO, ZoneInfo("America/New_York")])
def test_weeks_hold_the_beginning_and_the_end_of_their_period(zone: ZoneInfo) -> None:
    half_a_year = period(zone, from_="2026-05-01", to="2026-11-19")
    begin = half_a_year.since // DAY_MS * DAY_MS
    days = [Point(at=at, totals=Totals(clicks=1)) for at in range(begin, half_a_year.until, DAY_MS)]
    assert sum(step.clicks for step in steps_of(half_a_year, days)) == len(days) == 204


def test_night_in_which_midnight_came_twice_has_its_columns() -> None:
    day = period(ZoneInfo("America/St_Johns"), from_="2010-11-07", to="2010-11-07")
    assert sum(step.clicks for step in steps_of(day, hours(day.since, [1] * 25))) == 25


def steps(*clicks: int) -> list[Step]:
    return [Step(title=str(one), short=str(one), clicks=one, machine_hits=0) for one in clicks]


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, (1, 0)),
        (1, (1, 0)),
        (3, (3, 2, 1, 0)),
        (7, (8, 6, 4, 2, 0)),
        (61, (80, 60, 40, 20, 0)),
        (100, (100, 75, 50, 25, 0)),
    ],
)
def test_scale_is_round_and_reaches_the_highest_column(most: int, marks: tuple[int, ...]) -> None:
    drawn = draw_chart(steps(0, most, 1 if most else 0)).clicks
    assert drawn.marks == marks
    assert len(drawn.lines) == len(marks)
    assert all(column.y >= 0 and column.y + column.height == HEIGHT for column in drawn.columns)


def test_columns_stand_in_their_places_and_empty_ones_are_left_out() -> None:
    first, second = draw_chart(steps(5, 0, 10)).clicks.columns
    assert 0 < first.x < first.x + first.width < 10
    assert 20 < second.x < second.x + second.width < 30
    assert second.height == 2 * first.height


@pytest.mark.parametrize(
    ("count", "letters", "labelled"),
    [
        (0, 5, []),
        (1, 5, [0]),
        (7, 6, [0, 2, 4, 6]),
        (24, 5, [0, 6, 12, 18]),
        (48, 5, [0, 12, 24, 36]),
        (31, 6, [0, 7, 14, 21, 28]),
        (100, 6, [0, 21, 42, 63, 84]),
        (158, 8, [0, 42, 84, 126]),
    ],
)
def test_labels_are_of_their_own_steps_and_equally_far_apart(count: int, letters: int, labelled: list[int]) -> None:
    named = [Step(title="", short=f"{place:0{letters}}", clicks=1, machine_hits=0) for place in range(count)]
    labels = draw_chart(named).labels
    assert len(labels) == count
    assert {place: int(label) for place, label in enumerate(labels) if label} == {one: one for one in labelled}


def test_figures_are_written_for_people() -> None:
    assert [span(one) for one in (None, 40, 1500, 59_999, 65_000, 3_600_000, 5_400_000, 90_000_000)] == [
        "–", "40 ms", "1 s", "59 s", "1 min 5 s", "1 h", "1 h 30 min", "1 d 1 h",
    ]  # fmt: skip
    assert [share(*one) for one in ((0, 0), (0, 5), (1, 3), (3, 3))] == ["–", "0%", "33.3%", "100%"]
    assert [share(*one) for one in ((1, 2001), (1, 1999), (1999, 2000), (1998, 2000), (1, 10**9))] == [
        "<0.1%", "0.1%", ">99.9%", "99.9%", "<0.1%",
    ]  # fmt: skip
    assert [money(one) for one in (0.0, 1.5, 0.0079)] == ["0", "1.5", "0.0079"]


@pytest.mark.parametrize(
    "address", ["https://shop.test/a-b/?c=d&e=f#g_h", "example.com", "//", "-", "", "https://例え.jp/日本"]
)
def test_an_address_may_be_broken_behind_its_marks_and_is_otherwise_as_it_was(address: str) -> None:
    parts = breakable(address).split("<wbr>")
    assert html.unescape("".join(parts)) == address
    assert all(html.unescape(part)[-1] in "/?&.=#_-" for part in parts[:-1])


def test_an_address_breaks_behind_marks_in_a_row_and_brings_no_markup() -> None:
    assert breakable("https://a.test/?b=<i>") == "https://<wbr>a.<wbr>test/?<wbr>b=<wbr>&lt;i&gt;"


def test_one_of_a_thing_is_no_plural() -> None:
    assert [size(text) for text in ("", "a", "ab")] == [
        f"1 segment, GSM-7, {units}" for units in ("0 units", "1 unit", "2 units")
    ]
