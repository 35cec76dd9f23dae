"""Events of types that a later version writes, during an upgrade or before a step back: nothing ends, none is lost."""

from __future__ import annotations

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.places import events_at
from shortlink.archive.retention import Retention
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.domain.event import EventType
from tests.archive.conftest import DAY, NOON, SID, MakeEvent, Meet

CLICK = EventType.LINK_CLICKED
LATER = 99


def make_later(archive: Archive, place: int) -> None:
    """Give the event at a place the type of a later version."""
    with archive.writing() as rows:
        rows.execute("UPDATE events SET type = ? WHERE seq = ?", (LATER, place))
        moved = "SELECT account, day, ?, ?, ?, 1, 0 FROM events WHERE seq = ?"
        rows.execute(f"INSERT INTO days {moved}", (LATER, place, place, place))


def test_events_of_later_types_are_left_out_wherever_events_are_read(
    archive: Archive, log: EventLog, days: EventDays, figures: Figures, meet: Meet, make: MakeEvent
) -> None:
    met = meet()
    log.append([make(CLICK, met), make(CLICK, met), make(CLICK, met)])
    make_later(archive, 2)
    assert [event.seq for event in log.page(SID).events] == [1, 3]
    assert [event.seq for event in log.newest(SID, count=9)] == [3, 1]
    assert [event.seq for event in log.of_message(SID, met.message_id)] == [1, 3]
    assert {day for day, _ in days.filed(SID)} == {DAY}
    assert [event.seq for event in days.of_day(SID, DAY, tuple(EventType))] == [1, 3]
    with archive.reading() as rows:
        assert [event.seq for event in events_at(rows, [1, 2, 3])] == [1, 3]
    log.append([make(CLICK, met)])
    assert figures.totals(SID, since=NOON, until=NOON + 1).clicks == 4


def test_day_with_events_of_a_later_type_becomes_no_file_that_lacks_them(
    archive: Archive, log: EventLog, meet: Meet, make: MakeEvent
) -> None:
    met = meet()
    log.append([make(CLICK, met), make(CLICK, met, at=NOON + 86_400_000)], complete=DAY + 1)
    make_later(archive, 1)
    assert Retention(archive).days_to_move(before=DAY + 9) == [(SID, DAY + 1)]


def test_delivery_of_a_later_type_is_left_to_the_version_that_knows_it(
    archive: Archive, log: EventLog, meet: Meet, make: MakeEvent
) -> None:
    log.append([make(CLICK, meet()), make(CLICK, meet())])
    make_later(archive, 1)
    deliveries = WebhookDeliveries(archive)
    owed = [Owed(id="later", places=(1,)), Owed(id="ours", places=(2,))]
    deliveries.owe("wh_1", owed, before=None, after=2, now=NOON)

    def claim(at: int) -> list[tuple[str, int]]:
        found = deliveries.claim({"wh_1": 9}, accounts={"wh_1": SID}, now=at, lease_ms=1000, most_tries=3)
        return [(one.id, one.number) for one in found]

    assert (claim(NOON), claim(NOON + 1)) == ([("ours", 1)], [])
    with archive.writing() as rows:
        rows.execute("UPDATE events SET type = 9 WHERE seq = 1")
    assert claim(NOON + 1000) == [("later", 1), ("ours", 2)]
