"""A webhook that is paused by itself, and goes on."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager

import pytest

from shortlink.archive.webhook_attempts import Claimed
from shortlink.domain.callback import Attempt
from shortlink.domain.webhook import DeliveryState, PauseReason, resumed
from shortlink.use_cases.tell_webhooks import do_errands
from tests.use_cases.telling import ILL, SCHEDULE, SID, Rig


def test_a_410_pauses_and_what_happens_meanwhile_is_told_after_it_is_resumed(rig: Rig) -> None:
    webhook = rig.hook()
    first = rig.happen()
    rig.sender.answers = [Attempt(at=0, duration_ms=1, status_code=410)]
    rig.work_off()
    assert rig.desk.get(SID, webhook.id).paused is PauseReason.GONE
    second = rig.happen()
    rig.work_off()
    assert rig.sender.ids == first
    rig.clock.pass_seconds(10)
    rig.desk.resume(SID, webhook.id)
    rig.work_off()
    assert sorted(rig.sender.ids) == sorted(first * 2 + second)


def test_a_webhook_that_failed_for_days_is_paused_and_resuming_gives_it_new_days(rig: Rig) -> None:
    webhook = rig.hook()
    rig.sender.answers = [ILL] * 100
    for wait in (5 * 86_400 - 600, 700):
        rig.happen()
        rig.work_off()
        assert rig.desk.get(SID, webhook.id).paused is None
        rig.clock.pass_seconds(wait)
    rig.happen()
    rig.work_off()
    assert rig.desk.get(SID, webhook.id).paused is PauseReason.FAILING
    rig.webhooks.change(SID, webhook.id, lambda one: resumed(one, rig.clock()))
    rig.work_off()  # before anybody has heard that its days of failing are forgotten
    assert rig.desk.get(SID, webhook.id).paused is None
    rig.desk.pause(SID, webhook.id)
    rig.desk.resume(SID, webhook.id)
    rig.sender.answers.clear()
    rig.work_off()
    assert rig.log.health(webhook.id).failing_since is None


def test_the_410_of_an_address_that_was_left_pauses_nothing(rig: Rig) -> None:
    webhook = rig.hook()
    (event,) = rig.happen()
    (claimed,) = rig.claim()
    rig.desk.change(SID, webhook.id, {"url": "https://new.test/events"})
    rig.sender.answers = [Attempt(at=0, duration_ms=1, status_code=410)]
    rig.make(claimed)
    rig.clock.pass_seconds(10)
    rig.work_off()
    assert [(sent["url"], sent["id"]) for sent in rig.sender.sent] == [
        (webhook.url, event),
        ("https://new.test/events", event),
    ]


def test_resuming_what_is_not_paused_uses_up_no_tries(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    rig.sender.answers = [ILL] * 10
    rig.work_off()
    for _ in range(5):
        assert rig.desk.resume(SID, webhook.id) == webhook
        rig.work_off()
    assert len(rig.sender.sent) == 1


def test_pausing_and_resuming_in_turn_tells_at_once_and_uses_up_no_tries(rig: Rig) -> None:
    webhook = rig.hook()
    (event,) = rig.happen()
    rig.sender.answers = [ILL] * (len(SCHEDULE) + 5)
    rig.work_off()
    rig.clock.pass_seconds(10)
    rig.work_off()
    for made in range(3, 8):
        rig.desk.pause(SID, webhook.id)
        rig.desk.resume(SID, webhook.id)
        rig.clock.pass_seconds(31)  # a receiver that fails is left alone for half a minute
        rig.work_off()
        assert len(rig.sender.sent) == made
    rig.clock.pass_seconds(400)  # the last of its own tries
    rig.work_off()
    assert rig.sender.ids == [event] * 8
    assert rig.log.attempts(webhook.id)[0].state is DeliveryState.EXHAUSTED


def test_pausing_and_resuming_makes_no_second_try_beside_one_that_is_under_way(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    (claimed,) = rig.claim()
    for _ in SCHEDULE:
        rig.desk.pause(SID, webhook.id)
        rig.desk.resume(SID, webhook.id)
        assert rig.claim() == []
    rig.make(claimed)
    assert rig.log.health(webhook.id).owed == 0


def test_another_process_that_resumes_it_too_makes_no_second_try_beside_what_it_had_to_wait_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = rig.hook()
    rig.happen()
    rig.sender.answers = [ILL]
    rig.work_off()
    rig.clock.pass_seconds(10)
    rig.desk.pause(SID, webhook.id)
    rig.desk.resume(SID, webhook.id)
    begin_writing = rig.archive.writing
    claimed: list[Claimed] = []

    def writing_after_another() -> AbstractContextManager[sqlite3.Connection]:
        """Begin once the other one, which resumed it and goes on, has let go of the archive."""
        monkeypatch.undo()
        rig.clock.pass_seconds(1)
        claimed.extend(rig.claim())
        return begin_writing()

    monkeypatch.setattr(rig.archive, "writing", writing_after_another)
    do_errands(rig.tell)
    assert len(claimed) == 1
    assert rig.claim() == []
