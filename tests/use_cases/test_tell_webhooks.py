"""From an event in the archive to a POST at a webhook: what is told, to whom, and in whose turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from shortlink.domain.event import EventType, MetMessage
from shortlink.domain.webhook import Batch, Webhook
from tests.factories import make_met
from tests.use_cases.telling import OTHER, SID, WINDOW, Rig


def test_only_what_was_asked_for_is_told_and_nothing_from_before(rig: Rig) -> None:
    rig.happen()
    rig.clock.pass_seconds(1)
    rig.hook()
    wanted = rig.happen() + rig.happen(EventType.MESSAGE_DELIVERED)
    rig.happen(EventType.LINK_PREVIEWED)
    rig.happen(account=OTHER)
    rig.happen(at=rig.clock() - 10)  # kept late, but it happened before
    rig.work_off()
    assert rig.sender.ids == wanted


def test_a_body_says_what_happened_and_is_signed_with_the_webhooks_own_secret(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen(data={"verdict": "human"})
    rig.work_off()
    (sent,) = rig.sender.sent
    assert json.loads(sent["body"]) == {
        "id": "a1-0",
        "type": "link.clicked",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "data": {"verdict": "human"},
    }
    assert sent["secrets"] == [rig.desk.secret(webhook)]
    before, after = sent["secrets"][0], rig.desk.secret(rig.desk.rotate_secret(SID, webhook.id))
    rig.happen()
    rig.work_off()
    assert rig.sender.sent[1]["secrets"] == [after, before]


def test_a_form_is_flat(rig: Rig) -> None:
    rig.hook(format="form")
    rig.happen(data={"verdict": "human", "first": True})
    rig.work_off()
    form = parse_qs(rig.sender.sent[0]["body"])
    assert (form["type"], form["verdict"], form["first"]) == (["link.clicked"], ["human"], ["true"])


def test_a_flood_waits_in_the_log_of_events_and_not_as_deliveries(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen(count=WINDOW + 30)
    for _ in range(10):
        rig.claim(free=0)
    assert rig.log.health(webhook.id).owed == WINDOW


def test_every_webhook_gets_its_turn_before_any_gets_two(rig: Rig) -> None:
    busy, quiet = rig.hook(), rig.hook(url="https://other.test/", events=["message.delivered"])
    rig.happen(count=50)
    rig.happen(EventType.MESSAGE_DELIVERED)
    claimed = rig.claim(free=4)
    assert [one.webhook for one in claimed].count(quiet.id) == 1
    assert {one.webhook for one in claimed} == {busy.id, quiet.id}


def test_no_more_is_claimed_than_a_webhooks_pace_and_gate_allow(rig: Rig) -> None:
    rig.hook(rate=2)
    rig.happen(count=10)
    assert len(rig.claim()) <= 2
    rig.clock.pass_seconds(0.5)
    assert len(rig.claim()) == 1


def test_an_added_type_is_told_of_from_then_on(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen(EventType.LINK_PREVIEWED)
    rig.work_off()
    rig.clock.pass_seconds(1)
    rig.desk.change(SID, webhook.id, {"events": ["link.clicked", "link.previewed"]})
    told = rig.happen(EventType.LINK_PREVIEWED) + rig.happen()
    rig.work_off()
    assert rig.sender.ids == told


def test_a_webhook_for_a_tag_is_told_of_its_messages_alone(rig: Rig, meet: Callable[..., Any]) -> None:
    rig.hook(tag="spring")
    for tags in (("spring", "tokyo"), ("autumn",), ()):
        met = meet(tags=tags)
        rig.happen(message_id=met.message_id, code=met.code)
    rig.work_off()
    (sent,) = rig.sender.sent
    assert json.loads(sent["body"])["data"]["tags"] == ["spring", "tokyo"]


@pytest.fixture
def meet(rig: Rig) -> Callable[..., MetMessage]:
    """Let the archive meet a message."""

    def put(**changes: Any) -> MetMessage:
        met = make_met(account=SID, accepted_at=rig.clock(), **changes)
        rig.events.append([], met=[met])
        return met

    return put


def test_changes_by_two_at_once_are_both_kept(rig: Rig) -> None:
    webhook = rig.hook()

    def change_slowly(one: Webhook) -> Webhook:
        if one.rate != 5.0:
            rig.desk.change(SID, webhook.id, {"rate": 5})
        return replace(one, batch=Batch(most=5, seconds=1.0))

    rig.webhooks.change(SID, webhook.id, change_slowly)
    kept = rig.desk.get(SID, webhook.id)
    assert (kept.rate, kept.batch) == (5.0, Batch(most=5, seconds=1.0))
