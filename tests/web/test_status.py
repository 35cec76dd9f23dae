"""GET /sms/messages/<msgid>/ and its callbacks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from tests.web.conftest import API_URL, LINK_URL, SMS, Caller

XOXZO_FIELDS = ["status", "sender", "url", "sent_time", "cost", "msgid", "tags", "recipient", "link_tracking"]
UTC_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")


def click(services: Services, message: Message, now: int | None = None) -> None:
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    services.links.follow(message.code, judgement, spends=True, callback_ms=0, now=now)


def test_object_has_exactly_the_fields_of_the_contract_in_order_then_ours(api: Caller, tracked: Message) -> None:
    status = api.status(tracked.id)
    assert list(status) == [*XOXZO_FIELDS, "parts"]
    assert list(status["link_tracking"])[:4] == ["link", "shortlink", "accessed", "accessed_on"]


def test_fresh_message_is_queued_and_echoes_what_was_sent(api: Caller) -> None:
    msgid = api.send(tags="a,b")
    status = api.status(msgid)
    assert UTC_TIME.fullmatch(status.pop("sent_time"))
    assert status == {
        "status": "QUEUED",
        "sender": "SHOP",
        "url": f"{API_URL}/sms/messages/{msgid}/",
        "cost": 0.0,
        "msgid": msgid,
        "tags": ["a", "b"],
        "recipient": "+818011234567",
        "parts": 1,
    }


def test_link_before_its_first_click(api: Caller, tracked: Message) -> None:
    tracking = api.status(tracked.id)["link_tracking"]
    assert UTC_TIME.fullmatch(tracking.pop("expires_on"))
    assert tracking == {
        "link": "https://shop.test/sale?a=1",
        "shortlink": f"{LINK_URL}/{tracked.code}",
        "accessed": False,
        "accessed_on": None,
        "clicks": 0,
        "clicked_on": [],
        "machine_hits": 0,
        "disabled": False,
    }


def test_taps_on_a_link_that_is_off_are_told_with_the_first_and_the_last(
    api: Caller, services: Services, tracked: Message
) -> None:
    api.post(f"/sms/messages/{tracked.id}/link/disable/")
    for second in (1, 62):
        click(services, tracked, now=1_767_225_600_000 + second * 1000)
    tracking = api.status(tracked.id)["link_tracking"]
    assert tracking["dead_taps"] == {"count": 2, "first_on": "2026-01-01 00:00:01", "last_on": "2026-01-01 00:01:02"}
    assert (tracking["clicks"], tracking["accessed"]) == (0, False)


def test_accessed_on_is_the_first_click_and_later_ones_are_listed(
    api: Caller, services: Services, tracked: Message
) -> None:
    for second in (1, 62):
        click(services, tracked, now=1_767_225_600_000 + second * 1000)
    tracking = api.status(tracked.id)["link_tracking"]
    assert (tracking["accessed"], tracking["accessed_on"]) == (True, "2026-01-01 00:00:01")
    assert tracking["clicks"] == 2
    assert tracking["clicked_on"] == ["2026-01-01 00:00:01", "2026-01-01 00:01:02"]


def test_tracking_is_absent_when_not_asked_for_and_null_without_a_link(api: Caller) -> None:
    assert "link_tracking" not in api.status(api.send())
    assert api.status(api.send(message="No link", track_link="true"))["link_tracking"] is None


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (MessageStatus.QUEUED, "QUEUED"),
        (MessageStatus.SENT, "DELIVERING"),
        (MessageStatus.DELIVERED, "DELIVERED"),
        (MessageStatus.UNDELIVERED, "FAIL"),
        (MessageStatus.FAILED, "FAIL"),
    ],
)
def test_status_words(api: Caller, services: Services, tracked: Message, status: MessageStatus, word: str) -> None:
    receipt = DeliveryReceipt(carrier_id="SM1", status=status)
    services.sendings.advance(tracked.code, receipt, poll_ms=0, report_ms=0)
    assert api.status(tracked.id)["status"] == word


def test_a_lost_message_says_why(api: Caller, services: Services, tracked: Message) -> None:
    receipt = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.UNDELIVERED, error="30003")
    services.sendings.advance(tracked.code, receipt, poll_ms=0, report_ms=0)
    error = api.status(tracked.id)["error"]
    assert error["code"] == "30003"
    assert "phone could not be reached" in error["reason"]


def test_fail_word_is_a_setting(open_api: Callable[..., Caller], services: Services) -> None:
    caller = open_api(fail_word="FAILED")
    msgid = caller.send()
    receipt = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.FAILED)
    services.sendings.advance(services.messages.get(msgid).code, receipt, poll_ms=0, report_ms=0)
    assert caller.status(msgid)["status"] == "FAILED"


@pytest.mark.parametrize("ending", ["", "/", "/callbacks", "/callbacks/"])
def test_both_slash_forms_are_answered_without_a_redirect(api: Caller, tracked: Message, ending: str) -> None:
    assert api.get(f"/sms/messages/{tracked.id}{ending}").status_code == 200


def test_head_is_answered_like_get_without_a_body(api: Caller, tracked: Message) -> None:
    answer = api.client.head(f"/sms/messages/{tracked.id}/", auth=(api.sid, api.token))
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"", "application/json")


@pytest.mark.parametrize("ending", ["", "/", "/callbacks/"])
@pytest.mark.parametrize("msgid", ["nonexistent", "a" * 32, "a9" + "z" * 30, "%00", "日本", "x" * 5000])
def test_unknown_msgid_is_404_with_an_empty_body(api: Caller, msgid: str, ending: str) -> None:
    answer = api.get(f"/sms/messages/{msgid}{ending}")
    assert (answer.status_code, answer.data) == (404, b"")
    assert "Content-Type" not in answer.headers


def test_another_accounts_message_is_404_too(open_api: Callable[..., Caller], tracked: Message) -> None:
    stranger = open_api()
    for ending in ("/", "/callbacks/"):
        answer = stranger.get(f"/sms/messages/{tracked.id}{ending}")
        assert (answer.status_code, answer.data) == (404, b"")


def test_id_with_a_changed_end_is_404(api: Caller, tracked: Message) -> None:
    changed = tracked.id[:-1] + ("A" if tracked.id[-1] != "A" else "B")
    assert api.get(f"/sms/messages/{changed}/").status_code == 404


def test_callbacks_start_empty_and_show_each_try(api: Caller, services: Services, tracked: Message) -> None:
    assert api.get(f"/sms/messages/{tracked.id}/callbacks/").get_json() == []
    click(services, tracked)
    claim = services.callbacks.claim(tracked.code, CallbackKind.CLICK, lease_ms=1000)
    assert claim is not None
    attempt = Attempt(at=1_767_225_600_000, duration_ms=120, status_code=500)
    services.callbacks.finish(claim, attempt, state=CallbackState.PENDING, wait_ms=5000)
    (callback,) = api.get(f"/sms/messages/{tracked.id}/callbacks/").get_json()
    assert callback == {
        "id": claim.callback.id,
        "kind": "click",
        "url": "https://shop.test/click",
        "state": "pending",
        "tries": 1,
        "attempts": [{"number": 1, "at": "2026-01-01 00:00:00", "duration_ms": 120, "status_code": 500, "error": None}],
    }


def test_message_text_is_never_shown(api: Caller, store: redis.Redis) -> None:
    msgid = api.send(message="Your code is 777333")
    assert "777333" not in api.get(f"/sms/messages/{msgid}/").text
    assert SMS["message"] not in api.get("/sms/messages/").text
