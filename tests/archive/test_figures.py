"""Figures: counters that say what the events say, for any period and tag, without looking at events."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.link_ranking import LinkFigures
from shortlink.archive.schema import STEPS
from shortlink.archive.tag_ranking import TagOrder
from shortlink.archive.totals import Totals
from shortlink.domain.click_delay import CLASSES, class_of, median_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType, MetMessage
from tests.archive.conftest import DAY, NOON, SID, MakeEvent, Meet

HOUR = 3_600_000


@pytest.fixture
def busy(log: EventLog, meet: Meet, make: MakeEvent) -> None:
    """A message with two tags and one without, at noon; an hour and two days later more happens."""
    tagged, plain = meet(tags=("spring", "tokyo")), meet(link="https://other.test/")
    log.append(
        [
            make(EventType.MESSAGE_ACCEPTED, tagged),
            make(EventType.MESSAGE_ACCEPTED, plain),
            make(EventType.MESSAGE_SUBMITTED, tagged, at=NOON),
            make(EventType.MESSAGE_DELIVERED, tagged),
            make(EventType.MESSAGE_FAILED, plain),
            make(EventType.LINK_PREVIEWED, tagged, data={"verdict": "preview"}),
            make(EventType.LINK_PREVIEWED, tagged, data={"verdict": "scanner"}),
            make(EventType.LINK_CLICKED, tagged, at=NOON + 60_000, data={"first": True, "verdict": "human"}),
            make(EventType.LINK_CLICKED, tagged, at=NOON + HOUR, data={"verdict": "human"}),
            make(EventType.LINK_CLICKED, plain, at=NOON + 2 * DAY_MS, data={"first": True, "verdict": "unknown"}),
            make(EventType.CALLBACK_ATTEMPTED, tagged, data={"status_code": 200}),
            make(EventType.CALLBACK_ATTEMPTED, tagged, data={"status_code": 500}),
            make(EventType.CALLBACK_ATTEMPTED, tagged, data={"status_code": 500, "kind": "webhook"}),
            make(EventType.RECIPIENT_UNSUBSCRIBED, recipient="+818011234567"),
        ]
    )


@pytest.mark.usefixtures("busy")
class TestPeriods:
    def test_an_hour_has_what_happened_in_it(self, figures: Figures) -> None:
        assert figures.totals(SID, since=NOON, until=NOON + HOUR) == Totals(
            accepted=2,
            submitted=1,
            delivered=1,
            failed=1,
            clicked=1,
            clicks=1,
            delivered_linked=1,
            delivered_clicked=1,
            previews=1,
            scanners=1,
            callbacks=2,
            callback_errors=1,
            unsubscribed=1,
        )

    def test_a_tag_has_its_own_figures(self, figures: Figures) -> None:
        totals = figures.totals(SID, since=NOON, until=NOON + DAY_MS, tag="tokyo")
        assert (totals.accepted, totals.clicked, totals.clicks, totals.machine_hits) == (1, 1, 2, 2)
        assert (totals.delivered_clicked, totals.delivered_linked) == (1, 1)
        assert figures.totals(SID, since=NOON, until=NOON + DAY_MS, tag="nowhere") == Totals()
        assert figures.tags(SID) == ["spring", "tokyo"]

    @pytest.mark.parametrize(
        ("since", "until", "clicks"),
        [
            (NOON, NOON + 1, 1),
            (NOON + HOUR, NOON + 2 * HOUR, 1),
            (NOON, NOON + DAY_MS, 2),
            (NOON - DAY_MS, NOON + 10 * DAY_MS, 3),
            (NOON + 1 * DAY_MS, NOON + 3 * DAY_MS, 1),
            (DAY * DAY_MS, (DAY + 2) * DAY_MS, 2),
            (NOON + 3 * HOUR, NOON + 3 * HOUR, 0),
        ],
    )
    def test_any_period_adds_up(self, since: int, until: int, clicks: int, figures: Figures) -> None:
        assert figures.totals(SID, since=since, until=until).clicks == clicks

    def test_a_series_has_every_step(self, figures: Figures) -> None:
        days = figures.series(SID, since=NOON - DAY_MS, until=NOON + 2 * DAY_MS + 1, step_ms=DAY_MS)
        assert [(point.at // DAY_MS, point.totals.clicks) for point in days] == [
            (DAY - 1, 0),
            (DAY, 2),
            (DAY + 1, 0),
            (DAY + 2, 1),
        ]
        hours = figures.series(SID, since=NOON, until=NOON + 3 * HOUR, step_ms=HOUR, tag="spring")
        assert [point.totals.clicks for point in hours] == [1, 1, 0]

    def test_a_series_of_days_that_are_cut_adds_up_to_the_period(self, figures: Figures) -> None:
        for since, until in ((NOON + HOUR, NOON + 2 * DAY_MS), (NOON - DAY_MS, NOON + HOUR), (NOON, NOON + HOUR)):
            series = figures.series(SID, since=since, until=until, step_ms=DAY_MS)
            whole = figures.totals(SID, since=since, until=until)
            assert sum(point.totals.clicks for point in series) == whole.clicks == 1

    def test_the_best_are_ranked(self, figures: Figures) -> None:
        since, until = NOON, NOON + 3 * DAY_MS
        assert figures.best_links(SID, since=since, until=until, by="clicks") == [
            LinkFigures(link="https://shop.test/sale", clicked=1, clicks=2),
            LinkFigures(link="https://other.test/", clicked=1, clicks=1),
        ]
        assert len(figures.best_links(SID, since=since, until=until, limit=1)) == 1
        assert [one.tag for one in figures.best_tags(SID, since=since, until=until)] == ["spring", "tokyo"]
        assert figures.best_tags(SID, since=since, until=until)[0].totals.clicks == 2

    def test_the_best_links_are_of_the_tag_and_the_hours(self, figures: Figures) -> None:
        shop = "https://shop.test/sale"

        def clicks(since: int, until: int, tag: str | None) -> dict[str, tuple[int, int]]:
            found = figures.best_links(SID, since=since, until=until, tag=tag)
            return {one.link: (one.clicked, one.clicks) for one in found}

        for tag in ("spring", "tokyo", None):
            assert clicks(NOON, NOON + HOUR, tag) == {shop: (1, 1)}
            assert clicks(NOON + HOUR, NOON + 2 * HOUR, tag) == {shop: (0, 1)}
            assert clicks(NOON - HOUR, NOON + DAY_MS, tag) == {shop: (1, 2)}
            assert clicks(NOON - 3 * HOUR, NOON - HOUR, tag) == {}
        assert clicks(NOON - 9 * DAY_MS, NOON + 9 * DAY_MS, "spring") == {shop: (1, 2)}
        assert clicks(NOON - 9 * DAY_MS, NOON + 9 * DAY_MS, "nowhere") == {}

    def test_the_best_tags_are_of_the_hours(self, figures: Figures) -> None:
        [spring, _] = figures.best_tags(SID, since=NOON + HOUR, until=NOON + 2 * HOUR)
        assert (spring.tag, spring.totals.accepted, spring.totals.clicks) == ("spring", 0, 1)
        assert figures.best_tags(SID, since=NOON + 2 * HOUR, until=NOON + 5 * HOUR) == []
        assert figures.best_tags(SID, since=NOON - 3 * DAY_MS, until=NOON + DAY_MS)[0].totals.clicks == 2

    def test_the_median_first_click_is_near(self, figures: Figures) -> None:
        median = figures.median_first_click_ms(SID, since=NOON, until=NOON + HOUR)
        assert median == pytest.approx(60_000, rel=0.06)
        assert figures.median_first_click_ms(SID, since=NOON + HOUR, until=NOON + 2 * HOUR) is None

    def test_another_account_has_nothing(self, figures: Figures) -> None:
        assert figures.totals("SLother", since=0, until=NOON + DAY_MS) == Totals()

    def test_no_event_is_looked_at(self, figures: Figures, archive: Archive) -> None:
        with archive.writing() as connection:
            connection.execute("DROP TABLE events")
            connection.execute("DROP TABLE messages")
        assert figures.totals(SID, since=0, until=NOON + DAY_MS).clicks == 2


@pytest.mark.usefixtures("busy")
def test_clicks_of_plain_programs_are_told_apart(figures: Figures) -> None:
    later = figures.totals(SID, since=NOON + DAY_MS, until=NOON + 3 * DAY_MS)
    assert (later.clicks, later.plain_clicks, later.machine_hits) == (1, 1, 0)
    assert figures.totals(SID, since=NOON, until=NOON + DAY_MS).plain_clicks == 0


def test_head_is_no_machine_hit(log: EventLog, meet: Meet, make: MakeEvent, figures: Figures) -> None:
    log.append([make(EventType.LINK_PREVIEWED, meet(), data={"verdict": "head"})])
    totals = figures.totals(SID, since=NOON, until=NOON + HOUR)
    assert (totals.heads, totals.machine_hits) == (1, 0)


def test_an_archive_of_before_learns_to_tell_plain_programs(tmp_path: Path, make: MakeEvent) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as old:
        for step in STEPS[:2]:
            old.executescript(step)
        old.execute("INSERT INTO accounts VALUES (1, ?)", (SID,))
        old.execute("INSERT INTO hours (account, tag, at, clicks) VALUES (1, '', ?, 4)", (NOON,))
        old.execute("PRAGMA user_version = 2")
        old.commit()
    archive = Archive(tmp_path)
    EventLog(archive).append([make(EventType.LINK_CLICKED, data={"verdict": "unknown"})])
    totals = Figures(archive).totals(SID, since=NOON, until=NOON + HOUR)
    archive.close()
    assert (totals.clicks, totals.plain_clicks) == (5, 1)


def test_an_archive_of_before_learns_of_links_by_tag(tmp_path: Path, make: MakeEvent, meet: Meet) -> None:
    """Its messages tell what it counted: how often, of which tags, and when first."""
    sale, quoted = "https://shop.test/sale", 'say "hi"'
    with closing(sqlite3.connect(tmp_path / "archive.db")) as old:
        for step in STEPS[:4]:
            old.executescript(step)
        old.execute("INSERT INTO accounts VALUES (1, ?)", (SID,))
        old.execute("INSERT INTO targets VALUES (1, ?, ?, 2, 7)", (DAY, sale))
        old.execute("INSERT INTO whole_days (account, tag, at, delivered) VALUES (1, 'spring', ?, 2)", (DAY * DAY_MS,))
        query = (
            "INSERT INTO messages (n, code, id, account, recipient, sender, tags, status, accepted_at, ended_at,"
            " segments, cost, link, first_click_at, clicks) VALUES (?, 'c', 'i', 1, '', '', ?, ?, ?, ?, 1, 0, ?, ?, ?)"
        )
        rows = [
            (f"spring,{quoted}", "d", NOON, NOON, f"{sale}?id=7#top", NOON + HOUR, 3),
            ("spring", "u", NOON, None, f"{sale}#top?", NOON + HOUR, 1),
            ("", "d", NOON, NOON, f"{sale}", NOON + 2 * HOUR, 2),
            ("spring", "d", NOON, NOON, f"{sale}", None, 0),
            ("spring", "d", NOON, NOON, None, None, 0),
        ]
        old.executemany(query, [(number, *row) for number, row in enumerate(rows, 1)])
        old.execute("PRAGMA user_version = 4")
        old.commit()
    archive = Archive(tmp_path)
    EventLog(archive).append([make(EventType.LINK_CLICKED, data={"verdict": "human"})])
    figures, since, until = Figures(archive), DAY * DAY_MS, (DAY + 1) * DAY_MS
    assert figures.best_links(SID, since=since, until=until) == [LinkFigures(link=sale, clicked=2, clicks=7)]
    assert figures.best_links(SID, since=since, until=until, tag="spring") == [
        LinkFigures(link=sale, clicked=2, clicks=4)
    ]
    assert figures.best_links(SID, since=since, until=until, tag=quoted) == [
        LinkFigures(link=sale, clicked=1, clicks=3)
    ]
    hour = figures.best_links(SID, since=NOON + HOUR, until=NOON + 2 * HOUR)
    assert hour == [LinkFigures(link=sale, clicked=2, clicks=4)]
    spring = figures.totals(SID, since=since, until=until, tag="spring")
    assert (spring.delivered_clicked, spring.delivered_linked) == (1, 2)
    assert figures.totals(SID, since=NOON, until=NOON + HOUR).delivered_clicked == 2
    archive.close()


@pytest.mark.parametrize("status", ["a", "d"], ids=["met in time", "met when it was over"])
def test_no_click_rate_is_above_the_whole(
    status: str, log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    """A message counts once, in the hour of its delivery, whether its click or its receipt came first or late."""
    late = NOON + 3 * DAY_MS

    def click(met: MetMessage, at: int, *, first: bool = True) -> Event:
        return make(EventType.LINK_CLICKED, met, at=at, data={"first": first, "verdict": "human"})

    before, after, never, alone = (meet(tags=("magic",), status=status) for _ in range(4))
    without = meet(tags=("magic",))
    log.append([make(EventType.MESSAGE_DELIVERED, one, at=NOON) for one in (after, never)])
    log.append([click(before, NOON), click(after, late), click(after, late + 1, first=False), click(without, late)])
    log.append([make(EventType.MESSAGE_DELIVERED, before, at=NOON + 5), click(alone, NOON)])
    for tag in ("magic", None):
        totals = figures.totals(SID, since=NOON, until=NOON + HOUR, tag=tag)
        assert (totals.delivered, totals.delivered_linked, totals.delivered_clicked) == (3, 3, 2)
        whole = figures.totals(SID, since=NOON, until=late + DAY_MS, tag=tag)
        assert (whole.delivered, whole.clicked, whole.delivered_clicked) == (3, 4, 2)
        assert figures.totals(SID, since=late, until=late + DAY_MS, tag=tag).delivered_linked == 0


def test_segments_and_cost_of_what_was_accepted_add_up_exactly(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    paid = {"segments": 2, "cost": 0.0157}  # times a million a little less than 15,700
    log.append([make(EventType.MESSAGE_ACCEPTED, meet(tags=("sale",)), at=NOON, data=paid) for _ in range(3)])
    log.append([make(EventType.MESSAGE_DELIVERED, meet(tags=("sale",)), at=NOON, data=paid)])
    for tag in ("sale", None):
        for until in (NOON + HOUR, NOON + DAY_MS):
            totals = figures.totals(SID, since=NOON - DAY_MS, until=until, tag=tag)
            assert (totals.segments, totals.cost) == (6, 0.0471)


def test_an_archive_of_before_learns_what_its_messages_cost(tmp_path: Path, make: MakeEvent) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as old:
        for step in STEPS[:10]:
            old.executescript(step)
        old.execute("INSERT INTO accounts VALUES (1, ?)", (SID,))
        old.execute("INSERT INTO hours (account, tag, at, accepted) VALUES (1, '', ?, 2)", (NOON,))
        query = (
            "INSERT INTO messages (n, code, id, account, recipient, sender, tags, status, accepted_at, segments, cost)"
            " VALUES (?, 'c', 'i', 1, '', '', ?, 'd', ?, ?, ?)"
        )
        old.executemany(query, [(1, "spring,tokyo", NOON, 2, 0.0157), (2, "", NOON + 1, 1, 0.035)])
        old.execute("PRAGMA user_version = 10")
        old.commit()
    archive = Archive(tmp_path)
    EventLog(archive).append([make(EventType.MESSAGE_ACCEPTED, at=NOON, data={"segments": 3, "cost": 0.105})])
    figures = Figures(archive)
    every = figures.totals(SID, since=NOON, until=NOON + HOUR)
    assert (every.accepted, every.segments, every.cost) == (3, 6, 0.1557)
    tokyo = figures.totals(SID, since=NOON - DAY_MS, until=NOON + DAY_MS, tag="tokyo")
    assert (tokyo.segments, tokyo.cost) == (2, 0.0157)
    archive.close()


def test_tags_are_ranked_by_any_figure_and_in_both_directions(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    """Of three tags, each has the most of something; one had no link, so it has no rate."""
    clicked = {"first": True, "verdict": "human"}
    many, good, dear = [meet(tags=("many",)) for _ in range(3)], meet(tags=("good",)), meet(tags=("dear",), link=None)
    for one in (*many, good, dear):
        price = 9.0 if one is dear else 0.5
        log.append([make(EventType.MESSAGE_ACCEPTED, one, at=NOON, data={"segments": int(price), "cost": price})])
        log.append([make(EventType.MESSAGE_DELIVERED, one, at=NOON)])
    log.append([make(EventType.LINK_CLICKED, one, at=NOON, data=clicked) for one in (many[0], good)])

    def ranked(by: TagOrder, *, rising: bool = False) -> list[str]:
        return [one.tag for one in figures.best_tags(SID, since=NOON, until=NOON + HOUR, by=by, rising=rising)]

    assert ranked("tag", rising=True) == ["dear", "good", "many"]
    assert ranked("accepted") == ranked("delivered") == ["many", "good", "dear"]
    assert ranked("accepted", rising=True)[-1] == "many"
    assert ranked("rate") == ["good", "many", "dear"]
    assert ranked("rate", rising=True) == ["many", "good", "dear"]
    assert ranked("cost_micros")[0] == ranked("segments")[0] == "dear"


def test_messages_without_a_link_do_not_lower_the_click_rate(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    linked, code = meet(tags=("sale",)), meet(tags=("sale",), link=None)
    clicked = make(EventType.LINK_CLICKED, linked, at=NOON, data={"first": True, "verdict": "human"})
    log.append([make(EventType.MESSAGE_DELIVERED, one, at=NOON) for one in (linked, code)] + [clicked])
    for tag in ("sale", None):
        totals = figures.totals(SID, since=NOON, until=NOON + HOUR, tag=tag)
        assert (totals.delivered, totals.delivered_linked, totals.delivered_clicked) == (2, 1, 1)


def test_figures_and_events_are_kept_together(log: EventLog, figures: Figures, make: MakeEvent) -> None:
    with pytest.raises(TypeError):
        log.append([make(EventType.LINK_CLICKED), make(EventType.LINK_CLICKED, data={"not": object()})])
    log.append([make(EventType.LINK_CLICKED)])
    assert figures.totals(SID, since=NOON, until=NOON + HOUR).clicks == 1


def test_a_median_lies_between_its_neighbours() -> None:
    delays = [1_500, 3_000, 60_000, 61_000, 90_000, 3_600_000, 86_400_000]
    counts: dict[int, int] = {}
    for delay in delays:
        counts[class_of(delay)] = counts.get(class_of(delay), 0) + 1
    assert median_of(counts) == pytest.approx(61_000, rel=0.06)
    assert median_of({}) is None


def test_no_delay_falls_outside_the_classes() -> None:
    assert class_of(-5) == class_of(0) == 0
    assert class_of(10**15) == CLASSES - 1
