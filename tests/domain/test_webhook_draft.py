"""A webhook as a customer asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from shortlink.domain.errors import InvalidFields
from shortlink.domain.event import EventType
from shortlink.domain.webhook import Batch
from shortlink.domain.webhook_draft import check_webhook

GIVEN = {"url": "https://shop.test/events", "events": ["link.clicked", "message.delivered"]}


def test_what_is_left_out_has_a_default_and_a_change_touches_nothing_else() -> None:
    assert check_webhook(GIVEN) == {
        "url": GIVEN["url"],
        "events": (EventType.LINK_CLICKED, EventType.MESSAGE_DELIVERED),
    }
    assert check_webhook({"rate": "5"}, partial=True) == {"rate": 5.0}
    assert check_webhook({"tag": None, "batch": None}, partial=True) == {"tag": None, "batch": None}
    assert check_webhook({"tag": " ", "batch": ""}, partial=True) == {"tag": None, "batch": None}
    for empty in (None, "", " "):
        assert check_webhook({"description": empty}, partial=True) == {"description": ""}


def test_a_batch_has_its_own_defaults() -> None:
    assert check_webhook(GIVEN | {"batch": {}})["batch"] == Batch(most=100, seconds=1.0)


def test_what_the_bounds_still_allow_is_taken() -> None:
    given = {"description": "x" * 200, "tag": "y" * 64, "rate": 200, "batch": {"most": 100, "seconds": 60}}
    taken = check_webhook(GIVEN | given)
    assert taken == GIVEN | given | {
        "events": (EventType.LINK_CLICKED, EventType.MESSAGE_DELIVERED),
        "batch": Batch(most=100, seconds=60.0),
    }
    assert check_webhook({"rate": 0.1, "batch": {"most": 2, "seconds": 0}}, partial=True)["rate"] == 0.1


def test_a_type_named_twice_counts_once() -> None:
    assert check_webhook(GIVEN | {"events": "link.clicked,link.clicked"})["events"] == (EventType.LINK_CLICKED,)


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"url": "http://10.0.0.1/"}, {"url"}),
        ({"url": ""}, {"url"}),
        ({"url": 5, "events": []}, {"url", "events"}),
        ({"events": ["link.opened"]}, {"events"}),
        ({"events": ["callback.attempted"]}, {"events"}),
        ({"events": [["link.clicked"]]}, {"events"}),
        ({"format": "xml"}, {"format"}),
        ({"tag": "a,b"}, {"tag"}),
        ({"tag": "x" * 65}, {"tag"}),
        ({"description": "x" * 201}, {"description"}),
        ({"description": "one\ntwo"}, {"description"}),
        ({"description": "\ud800", "tag": 5}, {"description", "tag"}),
        ({"rate": 0}, {"rate"}),
        ({"rate": 200.1}, {"rate"}),
        ({"batch": {"most": 101}}, {"batch"}),
        ({"batch": {"most": 2.5}}, {"batch"}),
        ({"batch": {"most": "5"}}, {"batch"}),
        ({"batch": []}, {"batch"}),
        ({"batch": 5}, {"batch"}),
        ({"batch": {"seconds": 60.1}}, {"batch"}),
        ({"rate": "fast"}, {"rate"}),
        ({"rate": True}, {"rate"}),
        ({"batch": {"most": 1}}, {"batch"}),
        ({"batch": {"most": 5, "each": 1}}, {"batch"}),
        ({"batch": {"most": 5}, "format": "form"}, {"batch"}),
        ({"event": "link.clicked"}, {"event"}),
    ],
)
def test_wrong_fields_are_told_all_at_once(fields: dict[str, Any], faulty: set[str]) -> None:
    with pytest.raises(InvalidFields) as told:
        check_webhook(GIVEN | fields)
    assert set(told.value.fields) == faulty


@pytest.mark.parametrize("events", [None, {"link.clicked": True}, 5, "", []])
def test_what_is_no_list_of_events_is_told_what_would_be_right(events: object) -> None:
    with pytest.raises(InvalidFields) as told:
        check_webhook(GIVEN | {"events": events})
    assert "Name at least one of message.accepted, " in told.value.fields["events"][0]
