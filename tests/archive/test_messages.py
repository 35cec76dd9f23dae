"""The index of messages: found by number, tag, status, clicks and time, newest first."""

from __future__ import annotations

import pytest

from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.domain.event import EventType, MetMessage
from shortlink.domain.message import MessageStatus
from tests.archive.conftest import NOON, SID, MakeEvent, Meet
from tests.factories import make_met

ACCEPTED, DELIVERED, FAILED = MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.FAILED


@pytest.fixture
def three(meet: Meet, make: MakeEvent, log: EventLog) -> list[MetMessage]:
    """An old one that was clicked, one that failed, and the newest, which waits."""
    old = meet(accepted_at=NOON, tags=("spring",))
    failed = meet(accepted_at=NOON + 1, recipient="+819012345678", tags=("spring", "tokyo"))
    new = meet(accepted_at=NOON + 2, recipient="+12025550123")
    log.append(
        [
            make(EventType.MESSAGE_SUBMITTED, old, at=NOON + 10),
            make(EventType.MESSAGE_DELIVERED, old, at=NOON + 20),
            make(EventType.LINK_CLICKED, old, at=NOON + 30, data={"first": True, "verdict": "human"}),
            make(EventType.LINK_CLICKED, old, at=NOON + 40, data={"verdict": "human"}),
            make(EventType.LINK_PREVIEWED, old, data={"verdict": "preview"}),
            make(EventType.MESSAGE_FAILED, failed, at=NOON + 5, data={"error": "30003", "status": "undelivered"}),
        ]
    )
    return [old, failed, new]


def test_a_row_tells_what_happened(index: MessageIndex, three: list[MetMessage]) -> None:
    old, failed, new = (index.get(SID, met.message_id) for met in three)
    assert old is not None
    assert failed is not None
    assert new is not None
    assert (old.status, old.submitted_at, old.ended_at) == (DELIVERED, NOON + 10, NOON + 20)
    assert (old.first_click_at, old.clicks, old.machine_hits) == (NOON + 30, 2, 1)
    assert (failed.status, failed.error, failed.ended_at) == (MessageStatus.UNDELIVERED, "30003", NOON + 5)
    assert (new.status, new.clicks, new.first_click_at, new.tags) == (ACCEPTED, 0, None, ())
    assert (new.recipient, new.sender, new.account, new.link) == (
        "+12025550123",
        "shop",
        SID,
        "https://shop.test/sale?id=7",
    )


def test_the_newest_come_first_and_pages_go_on(index: MessageIndex, three: list[MetMessage]) -> None:
    first = index.search(SID, limit=2)
    assert [row.id for row in first] == [three[2].message_id, three[1].message_id]
    rest = index.search(SID, before=first[-1].n)
    assert [row.id for row in rest] == [three[0].message_id]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"number": "+819012345678"}, [1]),
        ({"number": "819012345678"}, [1]),
        ({"number": "+81"}, [1, 0]),
        ({"number": "+81901234567"}, [1]),
        ({"number": "+1202555012"}, [2]),
        ({"number": "+44"}, []),
        ({"tag": "spring"}, [1, 0]),
        ({"tag": "tokyo"}, [1]),
        ({"tag": "tok"}, []),
        ({"tag": "tokyo", "number": "+81"}, [1]),
        ({"tag": "spring", "clicked": True}, [0]),
        ({"status": [DELIVERED]}, [0]),
        ({"status": [MessageStatus.UNDELIVERED, FAILED]}, [1]),
        ({"status": [ACCEPTED, DELIVERED]}, [2, 0]),
        ({"status": [DELIVERED], "tag": "spring"}, [0]),
        ({"status": [DELIVERED], "number": "+8180"}, [0]),
        ({"clicked": True}, [0]),
        ({"clicked": True, "status": [FAILED]}, []),
        ({"clicked": False}, [2, 1]),
        ({"since": NOON + 1}, [2, 1]),
        ({"until": NOON + 2}, [1, 0]),
        ({"since": NOON + 1, "until": NOON + 2, "tag": "spring"}, [1]),
    ],
)
def test_conditions_all_apply(
    asked: dict[str, object], found: list[int], index: MessageIndex, three: list[MetMessage]
) -> None:
    rows = index.search(SID, **asked)  # type: ignore[arg-type]
    assert [row.id for row in rows] == [three[number].message_id for number in found]


def test_another_account_sees_nothing(index: MessageIndex, three: list[MetMessage]) -> None:
    assert index.search("SLother") == []
    assert index.get("SLother", three[0].message_id) is None
    assert index.get(SID, "nonsense") is None


def test_a_status_never_goes_down(index: MessageIndex, three: list[MetMessage], log: EventLog, make: MakeEvent) -> None:
    log.append([make(EventType.MESSAGE_SENT, three[0]), make(EventType.MESSAGE_FAILED, three[0])])
    row = index.get(SID, three[0].message_id)
    assert row is not None
    assert row.status is DELIVERED


def test_a_message_of_which_only_its_events_tell_costs_nothing_and_has_no_link(
    index: MessageIndex, log: EventLog, make: MakeEvent
) -> None:
    told = make_met(account=SID, accepted_at=NOON, link="https://shop.test/", cost=7.5, segments=3, expires_at=NOON + 1)
    log.append([make(EventType.MESSAGE_SENT, told)])
    row = index.get(SID, told.message_id)
    assert row is not None
    assert (row.status, row.link, row.expires_at, row.cost, row.segments) == (MessageStatus.SENT, None, None, 0.0, 1)


def test_known_messages_are_named_by_their_codes(index: MessageIndex, three: list[MetMessage]) -> None:
    known = index.known([three[0].code, "zzzzzzzzz"])
    assert {code: row.id for code, row in known.items()} == {three[0].code: three[0].message_id}


def test_more_codes_are_asked_for_than_a_statement_has_places(index: MessageIndex, three: list[MetMessage]) -> None:
    others = [f"zz{number:07}" for number in range(300_000)]  # SQLite takes 250,000 values in a statement at most
    assert set(index.known([*others, three[0].code])) == {three[0].code}
