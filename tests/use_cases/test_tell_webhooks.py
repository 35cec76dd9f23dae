"""From an event in the archive to a POST at a webhook: what is told, when, and what a kill leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from shortlink.domain.account import TooManyRotations
from shortlink.domain.callback import Attempt
from shortlink.domain.event import EventType, MetMessage
from shortlink.domain.webhook import LATENESS_MS, Batch, DeliveryState, PauseReason, Webhook, resumed
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.use_cases.tell_round import MISSING_MS
from shortlink.use_cases.webhook_posts import make_post
from tests.factories import make_met
from tests.use_cases.telling import ILL, OTHER, SCHEDULE, SID, URL, WELL, WINDOW, Rig


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


def test_every_secret_signs_for_two_days_after_it_was_replaced_and_one_too_many_is_refused(rig: Rig) -> None:
    webhook = rig.hook()
    made = [rig.desk.secret(webhook)] + [rig.desk.secret(rig.desk.rotate_secret(SID, webhook.id)) for _ in range(4)]
    with pytest.raises(TooManyRotations):
        rig.desk.rotate_secret(SID, webhook.id)
    rig.happen()
    rig.work_off()
    assert rig.sender.sent[0]["secrets"] == made[::-1]


def test_a_webhook_of_before_is_read_with_its_single_rotation(rig: Rig) -> None:
    webhook = rig.hook()
    store, name = rig.desk.webhooks._store, keys.webhooks(SID)
    packed = json.loads(store.read_hash(name)[webhook.id])
    for before, after in ((None, ()), (7, (7,))):
        store.hset(name, webhook.id, json.dumps(packed | {"secret_rotated_at": before}))
        assert rig.desk.get(SID, webhook.id).secret_rotated_at == after


def test_a_form_is_flat(rig: Rig) -> None:
    rig.hook(format="form")
    rig.happen(data={"verdict": "human", "first": True})
    rig.work_off()
    form = parse_qs(rig.sender.sent[0]["body"])
    assert (form["type"], form["verdict"], form["first"]) == (["link.clicked"], ["human"], ["true"])


def test_a_failed_try_comes_again_by_the_schedule_with_the_same_id_until_all_tries_are_made(rig: Rig) -> None:
    webhook = rig.hook()
    (event,) = rig.happen()
    rig.sender.answers = [ILL] * 3
    for _ in range(40):
        rig.work_off()
        rig.clock.pass_seconds(30)
    assert rig.sender.ids == [event] * 3
    attempts = rig.log.attempts(webhook.id)
    assert [(one.number, one.status_code, one.state) for one in reversed(attempts)] == [
        (1, 500, DeliveryState.PENDING),
        (2, 500, DeliveryState.PENDING),
        (3, 500, DeliveryState.EXHAUSTED),
    ]
    assert attempts[0].at - attempts[1].at >= 240_000
    failed = rig.events.page(SID, types=[EventType.CALLBACK_ATTEMPTED]).events
    assert [(one.data["kind"], one.data["callback_id"], one.data["status_code"]) for one in failed] == [
        ("webhook", event, 500)
    ] * 3
    assert rig.log.health(webhook.id).failing_since == attempts[-1].at


def test_a_kill_after_the_claim_costs_a_try_and_loses_nothing(rig: Rig) -> None:
    rig.hook()
    events = rig.happen(count=3)
    assert len(rig.claim()) == 3
    rig.start_process()
    assert rig.claim() == []  # the lease holds
    rig.clock.pass_seconds(61)
    rig.work_off()
    assert sorted(rig.sender.ids) == events


def test_kills_in_the_middle_of_tries_add_no_try(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    for _ in SCHEDULE:
        assert len(rig.claim()) == 1
        rig.start_process()
        rig.clock.pass_seconds(61)
    assert rig.claim() == []
    assert rig.log.health(webhook.id).owed == 0


def test_a_last_try_that_a_kill_cut_off_is_in_the_delivery_log_and_in_the_log_files(rig: Rig) -> None:
    webhook = rig.hook()
    (event,) = rig.happen()
    for _ in SCHEDULE:
        assert len(rig.claim()) == 1
        rig.start_process()
        rig.clock.pass_seconds(61)
    rig.claim()
    rig.claim()
    [attempt] = rig.log.attempts(webhook.id)
    assert (attempt.id, attempt.number, attempt.error, attempt.status_code) == (event, len(SCHEDULE), "died", None)
    assert (attempt.state, attempt.at) == (DeliveryState.EXHAUSTED, rig.clock())
    [failed] = rig.events.page(SID, types=[EventType.CALLBACK_ATTEMPTED]).events
    assert failed.data == {
        "kind": "webhook",
        "callback_id": event,
        "webhook": webhook.id,
        "number": len(SCHEDULE),
        "state": "exhausted",
        "duration_ms": 0,
        "error": "died",
    }


def test_a_late_result_of_an_old_claim_decides_nothing_but_a_good_end(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    (old,) = rig.claim()
    rig.clock.pass_seconds(61)
    (new,) = rig.claim()
    rig.sender.answers = [ILL]
    rig.make(old)
    rig.clock.pass_seconds(10)
    assert rig.claim() == []  # the new claim's lease holds, whatever the old one has planned
    assert rig.log.health(webhook.id).owed == 1
    rig.sender.answers = [WELL]
    rig.make(old)
    assert rig.log.health(webhook.id).owed == 0
    rig.sender.answers = [ILL]
    rig.make(new)
    assert rig.log.health(webhook.id).owed == 0


def test_a_claim_that_waited_for_half_its_lease_is_not_posted(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    (claimed,) = rig.claim()
    claimed_at = rig.clock()
    rig.clock.pass_seconds(30.001)
    assert make_post(claimed, webhook, rig.post, claimed_at=claimed_at) is None
    assert rig.sender.sent == []
    rig.clock.pass_seconds(-0.001)
    assert make_post(claimed, webhook, rig.post, claimed_at=claimed_at) is not None


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


def test_a_410_pauses_and_what_happens_meanwhile_is_told_after_it_is_resumed(rig: Rig) -> None:
    webhook = rig.hook()
    first = rig.happen()
    rig.sender.answers = [Attempt(at=0, duration_ms=1, status_code=410)]
    rig.work_off()
    assert rig.desk.get(SID, webhook.id).paused is PauseReason.GONE
    second = rig.happen()
    rig.work_off()
    assert rig.sender.ids == first
    rig.desk.resume(SID, webhook.id)
    rig.work_off()
    assert sorted(rig.sender.ids) == sorted(first * 2 + second)


def test_a_webhook_that_failed_for_days_is_paused_and_resuming_gives_it_new_days(rig: Rig) -> None:
    webhook = rig.hook()
    rig.sender.answers = [ILL] * 100
    for _ in range(2):
        rig.happen()
        rig.work_off()
        rig.clock.pass_seconds(LATENESS_MS / 1000 + 60)
    rig.happen()
    rig.work_off()
    assert rig.desk.get(SID, webhook.id).paused is PauseReason.FAILING
    rig.webhooks.change(SID, webhook.id, lambda one: resumed(one, rig.clock()))
    rig.work_off()  # before anybody has heard that its days of failing are forgotten
    assert rig.desk.get(SID, webhook.id).paused is None
    rig.desk.resume(SID, webhook.id)
    rig.sender.answers.clear()
    rig.work_off()
    assert rig.log.health(webhook.id).failing_since is None


def test_a_batch_goes_when_it_is_full_or_its_oldest_event_has_waited(rig: Rig) -> None:
    rig.hook(batch={"most": 3, "seconds": 10})
    events = rig.happen(count=4)
    rig.work_off()
    assert [one["id"] for one in json.loads(rig.sender.sent[0]["body"])] == events[:3]
    assert len(rig.sender.sent) == 1
    events += rig.happen()
    rig.clock.pass_seconds(10)
    rig.work_off()
    assert [one["id"] for one in json.loads(rig.sender.sent[1]["body"])] == events[3:]


def test_a_failed_batch_comes_again_as_it_was(rig: Rig) -> None:
    rig.hook(batch={"most": 2, "seconds": 0})
    rig.happen(count=2)
    rig.sender.answers = [ILL]
    rig.work_off()
    rig.happen()
    rig.clock.pass_seconds(10)
    rig.work_off()
    first, *rest = rig.sender.sent
    assert (first["id"], first["body"]) in [(one["id"], one["body"]) for one in rest]


def test_an_added_type_is_told_of_from_then_on(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen(EventType.LINK_PREVIEWED)
    rig.work_off()
    rig.clock.pass_seconds(1)
    rig.desk.change(SID, webhook.id, {"events": ["link.clicked", "link.previewed"]})
    told = rig.happen(EventType.LINK_PREVIEWED) + rig.happen()
    rig.work_off()
    assert rig.sender.ids == told


def test_a_deleted_webhook_is_told_nothing_more_and_forgotten_after_some_days(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    rig.claim(free=0)
    rig.desk.remove(SID, webhook.id)
    for _ in range(2):
        rig.clock.pass_seconds(3601)
        rig.work_off()
    assert rig.log.health(webhook.id).owed == 1, "it may be in the store that is asked next"
    rig.clock.pass_seconds(MISSING_MS / 1000)
    rig.work_off()
    assert rig.sender.sent == []
    assert rig.log.health(webhook.id).owed == 0
    assert rig.deliveries.place_of(webhook.id) is None


def test_a_store_that_knows_no_webhooks_or_for_some_days_others_costs_no_delivery(rig: Rig) -> None:
    webhook = rig.hook()
    told = rig.happen()
    rig.work_off()
    told += rig.happen()
    rig.claim(free=0)
    store, name = rig.webhooks._store, keys.webhooks(SID)
    kept = [(key, store.read_hash(key)) for key in (name, keys.WEBHOOK_CHANGES)]
    for others in (False, True, True):
        store.delete(name, keys.WEBHOOK_CHANGES)
        if others:
            rig.desk.create(OTHER, {"url": URL, "events": ["link.clicked"]})
        for wait in (0, 3601, MISSING_MS / 1000 - 7300 if others else 2 * MISSING_MS / 1000):
            rig.clock.pass_seconds(wait)
            rig.start_process()
            rig.work_off()
        for key, fields in kept:
            store.hset(key, mapping=dict(fields.items()))
        rig.start_process()
        rig.claim(free=0)
        assert (rig.log.health(webhook.id).owed, len(rig.log.attempts(webhook.id))) == (1, 1)
    rig.work_off()
    assert rig.sender.ids == told, "none is told twice either"


def test_in_an_archive_that_was_made_again_a_webhook_is_told_all_since_it_was_made(
    rig: Rig, client: Store, tmp_path: Path
) -> None:
    rig.happen(count=5)
    rig.clock.pass_seconds(1)
    webhook = rig.hook()
    again = Rig(client, tmp_path / "again")
    again.happen()  # from before the webhook, and read from the store once more
    again.clock.ms = rig.clock()
    events = again.happen(count=8)
    again.work_off()
    assert sorted(again.sender.ids) == sorted(events)
    again.sender.sent.clear()
    again.desk.replay(SID, webhook.id, since=0, until=again.clock() + 1)
    again.work_off()
    assert sorted(again.sender.ids) == sorted(events)


def test_a_webhook_of_before_archives_had_an_identity_begins_where_it_was_made(rig: Rig) -> None:
    rig.happen(count=2)
    webhook = rig.hook()
    assert webhook.archive == rig.events.identity()
    store, name = rig.webhooks._store, keys.webhooks(SID)
    packed = json.loads(store.read_hash(name)[webhook.id])
    del packed["archive"]
    store.hset(name, webhook.id, json.dumps(packed))
    told = rig.happen()
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
