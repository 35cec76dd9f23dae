from __future__ import annotations

from typing import TypedDict

import pytest

from shortlink.dialects.xoxzo import callback_entry, callback_object, callback_payload, status_object, time_text
from shortlink.domain.callback import Callback, CallbackKind, CallbackState
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message, MessageStatus
from tests.factories import make_message

AT = 1_767_225_599_999  # the last ms of 2025


class Wording(TypedDict):
    api_url: str
    fail_word: str


WORDING: Wording = {"api_url": "https://api.test", "fail_word": "FAIL"}


def clicked(message: Message) -> ShortLink:
    return ShortLink(
        code=message.code,
        link="https://shop.test/",
        short_url=f"https://sl.test/{message.code}",
        expires_at=AT,
        first_click_at=AT,
        clicks=3,
        clicked_at=(AT,),
        machine_hits=4,
    )


def make_callback(kind: CallbackKind, status: MessageStatus = MessageStatus.DELIVERED) -> Callback:
    return Callback(
        id="event-1", kind=kind, url="https://c.test/", state=CallbackState.PENDING, status_then=status, tries=1
    )


@pytest.mark.parametrize("status", list(MessageStatus))
def test_every_status_has_a_word_of_the_contract(status: MessageStatus) -> None:
    word = status_object(make_message(status=status), **WORDING)["status"]
    assert word in {"QUEUED", "DELIVERING", "DELIVERED", "FAIL"}
    assert (word in {"DELIVERED", "FAIL"}) == status.is_final


@pytest.mark.parametrize(
    ("status", "word"), [(MessageStatus.UNKNOWN, "unknown"), (MessageStatus.UNCONFIRMED, "unconfirmed")]
)
def test_a_submission_without_an_outcome_is_visible(status: MessageStatus, word: str) -> None:
    assert status_object(make_message(status=status), **WORDING)["submission"] == word
    assert "submission" not in status_object(make_message(), **WORDING)


def test_an_error_is_shown_of_lost_messages_only() -> None:
    lost = make_message(status=MessageStatus.FAILED, error="21610")
    written = status_object(lost, **WORDING, reason_for=lambda code: f"reason {code}")
    assert written["error"] == {"code": "21610", "reason": "reason 21610"}
    assert "error" not in status_object(make_message(status=MessageStatus.SENT, error="21610"), **WORDING)


def test_times_are_cut_to_the_second_never_rounded_up() -> None:
    assert time_text(AT) == "2025-12-31 23:59:59"


def test_click_payload_is_flat_and_named_as_in_the_contract() -> None:
    message = make_message(status=MessageStatus.DELIVERED, accepted_at=AT, tags=("a", "b"))
    message = make_message(
        id=message.id, code=message.code, accepted_at=AT, tags=("a", "b"), link=clicked(message), segments=2
    )
    payload = callback_payload(message, make_callback(CallbackKind.CLICK, MessageStatus.SENT), **WORDING)
    assert payload == {
        "status": "DELIVERING",
        "sender": "SHOP",
        "url": f"https://api.test/sms/messages/{message.id}/",
        "sent_time": "2025-12-31 23:59:59",
        "cost": 0.0,
        "msgid": message.id,
        "tags": ["a", "b"],
        "recipient": "+818011234567",
        "parts": 2,
        "kind": "click",
        "link": "https://shop.test/",
        "shortlink": f"https://sl.test/{message.code}",
        "accessed": True,
        "accessed_on": "2025-12-31 23:59:59",
    }


@pytest.mark.parametrize("kind", list(CallbackKind))
def test_nothing_in_a_payload_changes_between_tries(kind: CallbackKind) -> None:
    before = make_message(status=MessageStatus.SENT)
    link = clicked(before)
    first = make_message(id=before.id, code=before.code, status=MessageStatus.SENT, link=link)
    later_link = ShortLink(
        code=link.code, link=link.link, short_url=link.short_url, expires_at=AT, first_click_at=AT, clicks=9
    )
    later = make_message(
        id=before.id, code=before.code, status=MessageStatus.UNDELIVERED, error="30003", link=later_link
    )
    callback = make_callback(kind, MessageStatus.SENT)
    for write in (callback_payload, callback_object):
        assert write(first, callback, **WORDING) == write(later, callback, **WORDING)


def test_what_the_installation_changes_meanwhile_is_written_as_it_is_at_the_try() -> None:
    """docs/callbacks.md says so of these two; else it would have to be kept with each message."""
    lost = make_message(status=MessageStatus.UNDELIVERED, error="30003")
    report = make_callback(CallbackKind.REPORT, MessageStatus.UNDELIVERED)
    first = callback_payload(lost, report, **WORDING)
    later = callback_payload(lost, report, api_url="https://new.test", fail_word="FAILED")
    assert {name: later[name] for name in later if later[name] != first[name]} == {
        "status": "FAILED",
        "url": f"https://new.test/sms/messages/{lost.id}/",
    }


def test_report_does_not_change_with_a_click_after_it() -> None:
    before = make_message(status=MessageStatus.DELIVERED)
    after = make_message(id=before.id, code=before.code, status=MessageStatus.DELIVERED, link=clicked(before))
    report = make_callback(CallbackKind.REPORT)
    assert callback_payload(before, report, **WORDING) == callback_payload(after, report, **WORDING)
    assert "accessed" not in callback_payload(after, report, **WORDING)


def test_report_of_a_lost_message_names_the_code() -> None:
    message = make_message(status=MessageStatus.UNDELIVERED, error="30003")
    report = make_callback(CallbackKind.REPORT, MessageStatus.UNDELIVERED)
    payload = callback_payload(message, report, **WORDING)
    assert (payload["status"], payload["error_code"], payload["kind"]) == ("FAIL", "30003", "delivery")
    assert callback_object(message, report, **WORDING)["error"] == {"code": "30003"}


def test_flat_payload_holds_no_objects() -> None:
    message = make_message(status=MessageStatus.UNDELIVERED, error="30003")
    message = make_message(id=message.id, code=message.code, error="30003", link=clicked(message))
    for kind in CallbackKind:
        payload = callback_payload(message, make_callback(kind, MessageStatus.UNDELIVERED), **WORDING)
        assert not [value for value in payload.values() if isinstance(value, dict)]


def test_json_callback_has_the_shape_of_the_status_object() -> None:
    message = make_message()
    message = make_message(id=message.id, code=message.code, link=clicked(message))
    written = callback_object(message, make_callback(CallbackKind.CLICK), **WORDING)
    assert list(written["link_tracking"]) == ["link", "shortlink", "accessed", "accessed_on"]
    assert list(written)[:9] == list(status_object(message, **WORDING))[:9]


@pytest.mark.parametrize("state", list(CallbackState))
def test_every_callback_state_has_a_word(state: CallbackState) -> None:
    callback = Callback(
        id="e", kind=CallbackKind.REPORT, url="u", state=state, status_then=MessageStatus.DELIVERED, tries=0
    )
    entry = callback_entry(callback)
    assert entry["state"] == state.name.lower()
    assert (entry["kind"], entry["attempts"]) == ("delivery", [])
