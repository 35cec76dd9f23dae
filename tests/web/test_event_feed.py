"""The feed of events: read on from a cursor, narrowed, with every fault named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import new_message_id
from tests.factories import MINT
from tests.web.conftest import Caller


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(Archive(tmp_path))


@pytest.fixture
def api(open_api: Callable[..., Caller], tmp_path: Path, log: EventLog) -> Caller:
    log.open()
    return open_api(archive_dir=tmp_path)


def make(sid: str, number: int, type_: EventType = EventType.LINK_CLICKED, *, tag: str = "") -> Event:
    code = MINT.draw()
    return Event(
        id=f"a{number}-0",
        type=type_,
        at=1_795_301_767_609,
        account=sid,
        message_id=new_message_id(code),
        code=code,
        recipient="+818011234567",
        sender="shop",
        tags=(tag,) if tag else (),
        data={"verdict": "human"},
    )


def test_a_reader_goes_on_from_its_cursor(api: Caller, log: EventLog) -> None:
    assert api.get("/events/").get_json() == {"events": [], "next": "0", "more": False}
    log.append([make(api.sid, number) for number in range(5)])
    first = api.get("/events/?limit=3").get_json()
    second = api.get(f"/events/?after={first['next']}").get_json()
    assert [one["id"] for page in (first, second) for one in page["events"]] == [f"a{n}-0" for n in range(5)]
    assert (first["more"], second["more"]) == (True, False)
    assert api.get(f"/events/?after={second['next']}").get_json() == {
        "events": [],
        "next": second["next"],
        "more": False,
    }


def test_a_damaged_archive_is_503_and_no_fault_of_the_door(api: Caller, tmp_path: Path) -> None:
    for file in tmp_path.glob("archive.db*"):
        file.unlink()
    (tmp_path / "archive.db").write_bytes(b"damaged " * 2048)
    for path in ("/events/", "/logfiles/", "/logfiles/2026-11-21/"):
        answer = api.get(path)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        assert "archive's file is damaged" in answer.get_json()["detail"]


def test_a_reader_can_begin_with_what_is_still_to_come(api: Caller, log: EventLog) -> None:
    log.append([make(api.sid, number) for number in range(3)])
    begun = api.get("/events/?after=newest").get_json()
    assert (begun["events"], begun["more"]) == ([], False)
    log.append([make(api.sid, 3)])
    assert [one["id"] for one in api.get(f"/events/?after={begun['next']}").get_json()["events"]] == ["a3-0"]


def test_an_event_is_written_as_in_webhooks(api: Caller, log: EventLog) -> None:
    event = make(api.sid, 1, tag="spring")
    log.append([event])
    assert api.get("/events/").get_json()["events"] == [
        {
            "id": "a1-0",
            "type": "link.clicked",
            "timestamp": "2026-11-21T22:56:07.609Z",
            "data": {
                "msgid": event.message_id,
                "recipient": "+818011234567",
                "sender": "shop",
                "tags": ["spring"],
                "verdict": "human",
            },
        }
    ]


def test_it_is_narrowed_by_type_tag_and_message(api: Caller, log: EventLog) -> None:
    events = [
        make(api.sid, 1, tag="spring"),
        make(api.sid, 2, EventType.MESSAGE_DELIVERED, tag="spring"),
        make(api.sid, 3),
    ]
    log.append([*events, make("SLother", 4)])

    def ids(query: str) -> list[str]:
        return [one["id"] for one in api.get(f"/events/?{query}").get_json()["events"]]

    assert ids("type=link.clicked") == ["a1-0", "a3-0"]
    assert ids("type=link.clicked,message.delivered") == ["a1-0", "a2-0", "a3-0"]
    assert ids("tag=spring") == ["a1-0", "a2-0"]
    assert ids("tag=spring&type=message.delivered") == ["a2-0"]
    assert ids(f"msgid={events[2].message_id}") == ["a3-0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("after=99999999999999999999999", "after"),
        ("after=9999999999999999999", "after"),
        ("limit=0", "limit"),
        ("limit=", "limit"),
        ("type=", "type"),
        ("msgid=", "msgid"),
        ("limit=1001", "limit"),
        ("type=link.tapped", "type"),
        ("type=link.clicked,nothing", "type"),
        ("msgid=nonsense", "msgid"),
        ("tag=", "tag"),
        ("typ=link.clicked", "typ"),
        ("tag=a&tag=b", "tag"),
        ("limit=5&limit=5", "limit"),
        ("after=1", "after"),
    ],
)
def test_a_fault_is_named_by_its_field(query: str, field: str, api: Caller) -> None:
    answer = api.get(f"/events/?{query}")
    assert (answer.status_code, list(answer.get_json())) == (400, [field])


def test_a_cursor_whose_event_is_in_a_file_by_now_still_counts(api: Caller, log: EventLog, tmp_path: Path) -> None:
    log.append([make(api.sid, 1)])
    cursor = api.get("/events/").get_json()["next"]
    with Archive(tmp_path).writing() as connection:
        connection.execute("DELETE FROM events")
    assert api.get(f"/events/?after={cursor}").get_json() == {"events": [], "next": cursor, "more": False}
    assert api.get(f"/events/?after={int(cursor) + 1}").status_code == 400


def test_all_faults_are_told_at_once(api: Caller) -> None:
    assert set(api.get("/events/?after=x&limit=x&type=x&msgid=x").get_json()) == {"after", "limit", "type", "msgid"}
