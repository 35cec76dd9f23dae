"""Days of events: what happened on each, also when it was told late."""

from __future__ import annotations

import pytest

from shortlink.archive import event_days as module
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.domain.event import EventType
from tests.archive.conftest import DAY, SID, MakeEvent

CLICK, DELIVERED = EventType.LINK_CLICKED, EventType.MESSAGE_DELIVERED


def test_what_happened_on_a_day_that_is_over_stands_in_the_log_of_the_next(
    log: EventLog, days: EventDays, make: MakeEvent
) -> None:
    log.append([make(CLICK)])
    log.append([], complete=DAY)
    late, next_day = make(CLICK), make(CLICK, kept_at=(DAY + 1) * 86_400_000)
    log.append([late, next_day])
    assert days.filed(SID) == {(DAY, CLICK): 1, (DAY + 1, CLICK): 2}
    assert [event.at for event in log.page(SID).events][1] == late.at


def test_a_day_is_walked_in_order_and_page_by_page(
    log: EventLog, days: EventDays, make: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    other_day = make(CLICK, at=(DAY + 1) * 86_400_000)
    log.append([make((CLICK, DELIVERED)[n % 2]) for n in range(8)] + [other_day] + [make(CLICK)])
    assert [event.seq for event in days.of_day(SID, DAY, [CLICK, DELIVERED])] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert [event.seq for event in days.of_day(SID, DAY, [DELIVERED])] == [2, 4, 6, 8]
    assert [event.seq for event in days.of_day(SID, DAY + 1, [CLICK])] == [9]
    assert list(days.of_day(SID, DAY, [EventType.LINK_EXPIRED])) == []
    assert days.days(SID) == [DAY, DAY + 1]
    assert days.filed(SID)[DAY, CLICK] == 5


def test_a_late_event_is_filed_under_the_day_on_which_it_was_kept(
    log: EventLog, days: EventDays, make: MakeEvent
) -> None:
    log.append([make(CLICK, kept_at=(DAY + 1) * 86_400_000)])
    assert days.days(SID) == [DAY + 1]
    assert [event.seq for event in days.of_day(SID, DAY + 1, [CLICK])] == [1]
