"""A try to tell a webhook: when it comes again, and what a kill leaves of it."""

from __future__ import annotations

from shortlink.domain.event import EventType
from shortlink.domain.webhook import DeliveryState
from shortlink.use_cases.webhook_posts import make_post
from tests.use_cases.telling import ILL, SCHEDULE, SID, WELL, Rig


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


def test_what_is_no_longer_kept_is_dropped_and_not_held_against_its_receiver(rig: Rig) -> None:
    webhook = rig.hook()
    (event,) = rig.happen()
    rig.claim(free=0)
    with rig.archive.writing() as rows:
        rows.execute("DELETE FROM events")
    rig.work_off()
    assert rig.sender.sent == []
    (kept,) = rig.log.attempts(webhook.id)
    assert (kept.id, kept.error, kept.state, kept.at) == (event, "erased", DeliveryState.DROPPED, rig.clock() - 1000)
    health = rig.log.health(webhook.id)
    assert (health.owed, health.failing_since) == (0, None)
