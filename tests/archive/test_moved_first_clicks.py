"""A click that waited while the store was away can be earlier than the first one: figures follow it."""

from __future__ import annotations

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.grand_totals import grand_totals
from shortlink.archive.link_ranking import LinkFigures
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.event import Event, EventType
from tests.archive.conftest import NOON, SID, MakeEvent, Meet

PAGE = "https://shop.test/sale"
EARLIER, LATER = NOON + 10 * 60_000, NOON + DAY_MS


@pytest.fixture(params=["together", "one by one"])
def moved(request: pytest.FixtureRequest, log: EventLog, meet: Meet, make: MakeEvent) -> None:
    """A message clicked on the next day, and, as was learnt then, ten minutes after it was sent."""
    met = meet(tags=("spring", "tokyo"))

    def click(at: int, **data: bool) -> Event:
        return make(EventType.LINK_CLICKED, met, at=at, kept_at=LATER, data={"verdict": "human", **data})

    events = [
        *(make(EventType.MESSAGE_SUBMITTED, met, at=NOON), make(EventType.MESSAGE_DELIVERED, met, at=NOON)),
        *(click(LATER, first=True), click(EARLIER, first=False, became_first=True)),
    ]
    for some in [events] if request.param == "together" else [[one] for one in events]:
        log.append(some)


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("tag", [None, "spring", "tokyo"])
def test_a_message_counts_as_clicked_when_it_was_first(figures: Figures, tag: str | None) -> None:
    for day, clicked in ((NOON, 1), (LATER, 0), (NOON - 12 * HOUR_MS, 1), (LATER + 12 * HOUR_MS, 0)):
        totals = figures.totals(SID, since=day, until=day + 23 * HOUR_MS, tag=tag)
        assert (totals.clicked, totals.clicks) == (clicked, 1 if day < LATER + HOUR_MS else 0)
    assert figures.best_links(SID, since=NOON, until=LATER, tag=tag) == [LinkFigures(link=PAGE, clicked=1, clicks=1)]
    after = figures.best_links(SID, since=LATER, until=LATER + HOUR_MS, tag=tag)
    assert after == [LinkFigures(link=PAGE, clicked=0, clicks=1)]


@pytest.mark.usefixtures("moved")
def test_the_time_to_the_first_click_is_that_of_the_earlier_one(figures: Figures) -> None:
    median = figures.median_first_click_ms(SID, since=NOON - DAY_MS, until=LATER + DAY_MS)
    assert median == pytest.approx(EARLIER - NOON, rel=0.06)
    assert figures.median_first_click_ms(SID, since=LATER, until=LATER + DAY_MS) is None


@pytest.mark.usefixtures("moved")
def test_a_first_click_that_moved_is_counted_once(archive: Archive) -> None:
    totals = grand_totals(archive)
    assert (totals.clicked, totals.clicks, totals.delivered_clicked) == (1, 2, 1)
