"""Figures of any period, added up from counters; never from events."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from shortlink.archive.database import Archive
from shortlink.archive.failures import FailureFigures, failures_by_reason
from shortlink.archive.link_ranking import LinkFigures, LinkOrder, rank_links
from shortlink.archive.rows import number_of_account
from shortlink.archive.spans import spans
from shortlink.archive.tag_ranking import TagOrder, rank_tags, used_tags
from shortlink.archive.totals import NAMES, SUMS, Totals, totals_of
from shortlink.domain.click_delay import median_of
from shortlink.domain.durations import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What happened in one step of a series that begins at `at` (UTC ms)."""

    at: int
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFigures:
    """What happened to the messages of one tag."""

    tag: str
    totals: Totals


class Figures:
    """Counters by hour. `since` is included, `until` is not; both count as the whole UTC hour they lie in."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def totals(self, account: str, *, since: int, until: int, tag: str | None = None) -> Totals:
        """Add up a period; whole days in it cost one row each."""
        found: Counter[str] = Counter()
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            for table, begin, end in spans(since, until):
                query = f"SELECT {SUMS} FROM {table} WHERE account = ? AND tag = ? AND at >= ? AND at < ?"
                found.update(dict(connection.execute(query, (number, tag or "", begin, end)).fetchone()))
        return Totals(**found)

    def begin(self, account: str) -> int | None:
        """Say when the first UTC day begins of which there are figures; None when there are none."""
        with self._archive.reading() as connection:
            query = "SELECT min(at) AS begin FROM whole_days WHERE account = ? AND tag = ''"
            row = connection.execute(query, (number_of_account(connection, account),)).fetchone()
            return None if row["begin"] is None else int(row["begin"])

    def series(self, account: str, *, since: int, until: int, step_ms: int, tag: str | None = None) -> list[Point]:
        """Add up each step of a period, empty ones too; steps are whole hours, or whole UTC days.

        The first step begins at or before `since`, at a multiple of the step since 1970. Of the first and the last
        step only what lies in the period counts, so that all steps together are its totals.
        """
        step = max(HOUR_MS, step_ms // HOUR_MS * HOUR_MS)
        days = "whole_days" if step % DAY_MS == 0 else "hours"
        first, found = since // step * step, defaultdict[int, Counter[str]](Counter)
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            for table, begin, end in spans(since, until, days=days):
                where = "WHERE account = ? AND tag = ? AND at >= ? AND at < ? GROUP BY 1"
                query = f"SELECT at / ? AS step, {SUMS} FROM {table} {where}"
                for row in connection.execute(query, (step, number, tag or "", begin, end)):
                    found[row["step"]].update({name: row[name] for name in NAMES})
        return [Point(at=at, totals=Totals(**found[at // step])) for at in range(first, until, step)]

    def best_links(
        self,
        account: str,
        *,
        since: int,
        until: int,
        tag: str | None = None,
        by: LinkOrder = "clicked",
        limit: int = 10,
    ) -> list[LinkFigures]:
        """Rank the addresses that the links of all messages, or of those with a tag, lead to."""
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            return rank_links(connection, number, since=since, until=until, tag=tag, by=by, limit=limit)

    def failures(
        self, account: str, *, since: int, until: int, tag: str | None = None, limit: int = 10
    ) -> list[FailureFigures]:
        """Rank the reasons for which messages failed; `Totals.failed` counts those without a known one as well."""
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            return failures_by_reason(connection, number, since=since, until=until, tag=tag, limit=limit)

    def best_tags(
        self,
        account: str,
        *,
        since: int,
        until: int,
        by: TagOrder = "clicked",
        rising: bool = False,
        limit: int = 10,
    ) -> list[TagFigures]:
        """Rank the tags, from the most down unless told otherwise; those of which nothing happened are left out."""
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            rows = rank_tags(
                connection, number, names=NAMES, since=since, until=until, by=by, rising=rising, limit=limit
            )
        return [TagFigures(tag=row["tag"], totals=totals_of(row)) for row in rows]

    def tags(self, account: str, *, limit: int = 1000) -> list[str]:
        """List the tags an account has used, in order of the alphabet: the first 1,000 unless told otherwise."""
        with self._archive.reading() as connection:
            return used_tags(connection, number_of_account(connection, account), limit=limit)

    def median_first_click_ms(self, account: str, *, since: int, until: int, tag: str | None = None) -> int | None:
        """Estimate, within 5 %, the median time from submission to first click; None when nothing was clicked."""
        counts: Counter[int] = Counter()
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            for table, begin, end in spans(since, until, hours="delays", days="delay_days"):
                query = (
                    f"SELECT class, sum(count) AS count FROM {table}"
                    " WHERE account = ? AND tag = ? AND at >= ? AND at < ? GROUP BY class"
                )
                for row in connection.execute(query, (number, tag or "", begin, end)):
                    counts[row["class"]] += row["count"]
        return median_of(counts)
