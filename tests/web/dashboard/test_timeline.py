"""Everything that can happen has plain words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from shortlink.domain import agents
from shortlink.domain.callback import Attempt, Callback, CallbackKind, CallbackState
from shortlink.domain.click import Verdict
from shortlink.domain.event import Event, EventType
from shortlink.domain.link import SwitchedBy
from shortlink.domain.message import MessageStatus
from shortlink.domain.webhook import DeliveryState, PauseReason
from shortlink.web.dashboard import words
from shortlink.web.dashboard.timeline import tell_event, tell_message
from tests.factories import make_message


def event(type_: EventType, at: int = 1, **data: Any) -> Event:
    return Event(id=f"a{at}", type=type_, at=at, account="SL1", message_id="m", code="c", data=data)


def reason(code: str) -> str:
    return "The phone is off." if code == "30003" else ""


@pytest.mark.parametrize("type_", EventType)
def test_each_event_has_a_title(type_: EventType) -> None:
    assert tell_event(event(type_), reason).title


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_says_why(verdict: Verdict) -> None:
    told = tell_event(event(EventType.LINK_PREVIEWED, verdict=verdict.name.lower(), rule="never-heard-of"), reason)
    assert told.detail.endswith(".")
    assert told.tone == "machine"


def test_each_rule_of_ours_has_a_sentence() -> None:
    ours = {rule for _, rule in agents._WHOLE.values()} | {rule for *_, (_, rule) in agents._PARTS}
    for rule in ours | {"head", "method", "sec-purpose", "x-purpose", "browser", "old-phone", "says-robot"}:
        sentence = words.rule_words(Verdict.SCANNER, rule)
        assert sentence != words.VERDICT[Verdict.SCANNER].why, rule
    assert words.rule_words(Verdict.UNKNOWN, "agent:curl") == "The program introduced itself as curl."


def test_every_state_that_is_shown_has_words() -> None:
    assert set(words.STATUS) == set(MessageStatus)
    assert set(words.CALLBACK_STATE) == set(CallbackState)
    assert set(words.PAUSED) == set(PauseReason)
    assert set(words.DELIVERY_STATE) == set(DeliveryState)
    searched = [status for choice in words.STATUS_CHOICES.values() for status in choice.statuses]
    assert sorted(searched) == sorted(MessageStatus)


def test_a_switch_says_who_turned_it() -> None:
    told = [
        tell_event(event(EventType.LINK_DISABLED, by=by, link="https://shop.test/"), reason)
        for by in (*get_args(SwitchedBy), "somebody new")
    ]
    assert len({entry.detail for entry in told}) == 4
    assert all(entry.detail.startswith("It leads nowhere") for entry in told)
    assert [entry.explains for entry in told] == [True, True, True, False]


def test_plain_client_says_whether_it_counted() -> None:
    for type_, ending in ((EventType.LINK_CLICKED, " It counts."), (EventType.LINK_PREVIEWED, " It does not count.")):
        told = tell_event(event(type_, verdict="unknown", rule="agent:curl", first=True), reason)
        assert told.detail == f"The program introduced itself as curl.{ending}"


def test_head_request_says_that_it_is_counted_nowhere() -> None:
    told = tell_event(event(EventType.LINK_PREVIEWED, verdict="head", rule="head"), reason)
    assert told.title == "Looked up"
    assert told.detail.endswith(" It is not counted, not even among machine hits.")


@pytest.mark.parametrize("data", [{}, {"verdict": None}, {"verdict": "oracle", "rule": "new"}])
def test_hit_whose_verdict_is_not_known_is_nobodys_tap(data: dict[str, Any]) -> None:
    first, later, other = (
        tell_event(event(type_, **data, first=first), reason)
        for type_, first in (
            (EventType.LINK_CLICKED, True),
            (EventType.LINK_CLICKED, False),
            (EventType.LINK_PREVIEWED, False),
        )
    )
    assert (first.title, later.title, other.title) == ("First click", "Click", "Hit")
    assert first.detail == "What opened the link is not known here. It counts."
    assert (other.detail, other.tone) == ("What opened the link is not known here. It does not count.", "machine")


def test_record_alone_knows_clicks_but_not_who_clicked() -> None:
    message = make_message(accepted_at=1)
    assert message.link is not None
    clicked = replace(message, link=replace(message.link, clicked_at=(5, 7)))
    told = tell_message(clicked, [], [], reason)
    assert [(entry.at, entry.title) for entry in told] == [(1, "Accepted"), (5, "First click"), (7, "Click")]
    assert all("person" not in entry.detail for entry in told)


def test_lost_message_says_why_it_was_lost() -> None:
    told = tell_event(event(EventType.MESSAGE_FAILED, error="30003"), reason)
    assert (told.detail, told.tone) == ("The phone is off. (30003)", "bad")
    assert tell_event(event(EventType.MESSAGE_FAILED, error="erased"), reason).detail == "(erased)"


def test_tries_are_told_once_and_in_order_of_time() -> None:
    callback = Callback(
        id="m-click",
        kind=CallbackKind.CLICK,
        url="https://shop.test/x?y",
        state=CallbackState.DELIVERED,
        status_then=MessageStatus.DELIVERED,
        attempts=(
            Attempt(at=40, duration_ms=9, error="timeout", number=1),
            Attempt(at=60, duration_ms=5, status_code=200, number=2),
        ),
    )
    events = [
        event(EventType.CALLBACK_ATTEMPTED, 40, kind="click", error="timeout", state="pending"),
        event(EventType.CALLBACK_ATTEMPTED, 50, kind="webhook", status_code=204, state="delivered"),
        event(EventType.MESSAGE_ATTEMPTED, 10, outcome="taken"),
        event(EventType.MESSAGE_ATTEMPTED, 5, outcome="busy", error="20429"),
        event(EventType.MESSAGE_SUBMITTED, 11),
    ]
    told = [(entry.at, entry.title) for entry in tell_message(None, [callback], events, reason)]
    assert told == [
        (5, "Carrier busy"),
        (11, "Submitted"),
        (40, "Click callback not taken by shop.test"),
        (50, "Webhook taken"),
        (60, "Click callback taken by shop.test"),
    ]
    without_record = [entry.title for entry in tell_message(None, [], events, reason)]
    assert "Click callback not taken" in without_record


def test_a_message_that_was_refused_is_called_as_its_status_is() -> None:
    for status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED):
        told = tell_event(event(EventType.MESSAGE_FAILED, status=status.name.lower(), error="30003"), reason)
        assert (told.title, told.detail) == (words.STATUS[status].name, "The phone is off. (30003)")


def test_a_try_of_a_webhook_says_of_which() -> None:
    told = tell_event(event(EventType.CALLBACK_ATTEMPTED, kind="webhook", webhook="wh_1", status_code=500), reason)
    assert (told.title, told.webhook) == ("Webhook not taken", "wh_1")


def test_click_that_took_the_place_of_the_first_is_told_as_the_first_and_no_other() -> None:
    hit = {"verdict": "human", "rule": "browser"}
    events = [
        event(EventType.LINK_CLICKED, 50, first=True, **hit),
        event(EventType.LINK_CLICKED, 60, first=False, **hit),
        event(EventType.LINK_CLICKED, 20, first=False, became_first=True, **hit),
    ]
    told = tell_message(None, [], events, reason)
    assert [(entry.at, entry.title) for entry in told] == [(20, "First tap"), (50, "Tapped"), (60, "Tapped")]
