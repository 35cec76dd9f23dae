"""The period that a page is about, in the reader's own days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.use_cases.read_archive import Point

PRESETS = {"today": ("Today", 1), "7": ("7 days", 7), "30": ("30 days", 30), "90": ("90 days", 90)}
DEFAULT = "30"
MOST_DAYS = 1100
_NO_DATE = "“{}” is no date from 2000 to 2200. Please write one like 2026-01-31."
_BY_HOUR = 2  # days up to which a chart shows hours
_BY_DAY = 100
_BY_MONTH = 300  # beyond that a day without its year says little


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Some days of the reader's, first and last included. `preset` is empty when they were chosen by hand.

    Figures are by whole hours of UTC. Where a midnight lies within one, that hour belongs to the day that begins in it,
    so that no hour is in two days.
    """

    first: date
    last: date
    zone: tzinfo
    preset: str = ""

    @property
    def since(self) -> int:
        """Its beginning in UTC milliseconds."""
        return _hour(midnight(self.first, self.zone))

    @property
    def until(self) -> int:
        """The instant after its end."""
        return _hour(midnight(self.last + timedelta(days=1), self.zone))

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def step_ms(self) -> int:
        """The step in which its figures are read: the reader's days are made of hours, weeks of UTC days."""
        by_day = self.days > _BY_DAY or (self.days > _BY_HOUR and self.zone is UTC)
        return DAY_MS if by_day else HOUR_MS

    @property
    def words(self) -> str:
        """Say it in words."""
        if self.first == self.last:
            return f"{self.first:%-d %b %Y}"
        return f"{self.first:%-d %b %Y} to {self.last:%-d %b %Y}"

    def address(self) -> dict[str, str]:
        """Write it as it stands in an address."""
        if self.preset:
            return {"period": self.preset}
        return self.dates()

    def dates(self) -> dict[str, str]:
        """Name its first and its last day, for addresses of pages that know days only."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One column of a chart: its name, and what happened in it."""

    title: str
    short: str
    clicks: int
    machine_hits: int


def read_period(given: Mapping[str, str], zone: tzinfo, *, today: date | None = None) -> Period:
    """Read the period from an address; whatever cannot be read gives the usual one."""
    today = today or datetime.now(zone).date()
    first, last = _date(given.get("from")), _date(given.get("to"))
    if first or last:
        last = last or today
        first = max(min(first or last, last), last - timedelta(days=MOST_DAYS - 1))
        return Period(first=first, last=last, zone=zone, preset=_preset(first, last, today))
    chosen = given.get("period", DEFAULT)
    preset = chosen if chosen in PRESETS else DEFAULT
    return Period(first=today - timedelta(days=PRESETS[preset][1] - 1), last=today, zone=zone, preset=preset)


def _preset(first: date, last: date, today: date) -> str:
    """Name the preset that some days are; empty for all others."""
    days = (last - first).days + 1 if last == today else 0
    return next((key for key, (_, length) in PRESETS.items() if length == days), "")


def is_open_before(given: Mapping[str, str]) -> bool:
    """Whether an address names the last day of a period and not its first."""
    return not given.get("from") and _date(given.get("to")) is not None


def read_dates(given: Mapping[str, str], zone: tzinfo) -> tuple[int | None, int | None]:
    """Read two dates, either of which may be missing, as the instants from which and before which."""
    first, last = _date(given.get("from")), _date(given.get("to"))
    return (
        midnight(first, zone) if first else None,
        midnight(last + timedelta(days=1), zone) if last else None,
    )


def faults_of_dates(given: Mapping[str, str]) -> dict[str, str]:
    """Say what is wrong with the dates that an address asks for: by the name of the field."""
    found = {name: _NO_DATE.format(text) for name in ("from", "to") if (text := given.get(name)) and not _date(text)}
    first, last = _date(given.get("from")), _date(given.get("to"))
    if first and last and first > last:
        found["from"] = f"{first} is later than “To”, {last}. Please swap them."
    return found


def faults_of_period(given: Mapping[str, str], zone: tzinfo, *, today: date | None = None) -> dict[str, str]:
    """Say what is wrong with the period that an address asks for: by the name of the field."""
    found = faults_of_dates(given)
    first, last = _date(given.get("from")), _date(given.get("to")) or today or datetime.now(zone).date()
    earliest = last - timedelta(days=MOST_DAYS - 1)
    if not found and first and first > last:
        found["from"] = f"{first} is still to come. Please choose {last} or earlier."
    if not found and first and first < earliest:
        found["from"] = f"A period has {MOST_DAYS:,} days at most. Please begin on {earliest} or later, not on {first}."
    preset = given.get("period", DEFAULT)
    if preset not in PRESETS:
        found["period"] = f"“{preset}” is no period. Please choose today, 7, 30 or 90, or two dates."
    return found


def midnight(day: date, zone: tzinfo) -> int:
    """Say when a day begins, in UTC milliseconds."""
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def steps_of(period: Period, series: Iterable[Point]) -> list[Step]:
    """Put a series together into the columns of a chart: hours, days or weeks, as many as can be told apart."""
    names = dict(_names(period))
    clicks, hits = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    first, last = min(names), max(names)
    for point in series:
        # Weeks begin and end within days of UTC, and in some places midnight came twice in a night.
        key = min(max(_key(period, point.at), first), last)
        clicks[key] += point.totals.clicks
        hits[key] += point.totals.machine_hits
    return [
        Step(title=title, short=short, clicks=clicks[key], machine_hits=hits[key])
        for key, (title, short) in names.items()
    ]


def _key(period: Period, at: int) -> Any:
    """Name the column of a point, by a time or a date: by its end, as a day may have begun within its hour."""
    zone, lasts = (UTC, DAY_MS) if period.step_ms == DAY_MS else (period.zone, HOUR_MS)
    moment = datetime.fromtimestamp((at + lasts - 1) / 1000, zone)
    if period.days <= _BY_HOUR:
        return moment.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    day = moment.date()
    return day if period.days <= _BY_DAY else day - timedelta(days=(day - period.first).days % 7)


def _hour(at: int) -> int:
    return at // HOUR_MS * HOUR_MS


def _names(period: Period) -> Iterator[tuple[Any, tuple[str, str]]]:
    if period.days <= _BY_HOUR:
        begin = datetime.combine(period.first, time())
        for hour in range(24 * period.days):
            at = begin + timedelta(hours=hour)
            yield at, (f"{at:%-d %b, %H:%M}", f"{at:%H:%M}")
        return
    width = 1 if period.days <= _BY_DAY else 7
    for offset in range(0, period.days, width):
        day = period.first + timedelta(days=offset)
        yield day, (f"{day:%a, %-d %b}" if width == 1 else f"week from {day:%-d %b %Y}", _short(day, period))


def _short(day: date, period: Period) -> str:
    return f"{day:%b %Y}" if period.days > _BY_MONTH else f"{day:%-d %b}"


def _date(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2200 else None
