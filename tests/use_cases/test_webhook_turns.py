"""A webhook whose receiver keeps failing is left alone for a while, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import EventType
from tests.use_cases.telling import ILL, WELL, Rig


def test_webhook_whose_receiver_keeps_failing_says_until_when_it_is_held_back(rig: Rig) -> None:
    failing, well = rig.hook(), rig.hook(url="https://other.test/", events=["message.delivered"])
    rig.happen(count=60)
    rig.sender.answers = [ILL] * 60
    rig.work_off()
    rig.happen(EventType.MESSAGE_DELIVERED, count=30)
    rig.claim()
    held_until = rig.desk.health(failing).held_until
    assert held_until is not None
    assert 20_000 < held_until - rig.clock() <= 30_000
    assert rig.desk.health(well).owed
    assert rig.desk.health(well).held_until is None
    rig.clock.pass_seconds(10)
    rig.claim()
    assert rig.desk.health(failing).held_until == held_until
    rig.clock.pass_seconds(21)
    assert rig.desk.health(failing).held_until is None
    rig.claim()
    rig.work_off()
    assert rig.desk.health(failing).held_until is None


def test_pause_that_follows_a_pause_is_told_as_well(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen(count=60)
    rig.sender.answers = [ILL] * 60
    rig.work_off()
    first = rig.desk.health(webhook).held_until or 0
    rig.clock.pass_seconds(31)
    rig.work_off()
    assert (rig.desk.health(webhook).held_until or 0) > first


def test_receiver_that_takes_each_event_at_its_second_try_is_soon_let_in_again(rig: Rig) -> None:
    """All of a burst are due before any second try: one new event each half minute would take half an hour."""
    webhook = rig.hook()
    rig.happen(count=60)
    for _ in range(25):
        while claimed := rig.claim():
            for one in claimed:
                rig.sender.answers = [ILL if one.number == 1 else WELL]
                rig.make(one)
        rig.clock.pass_seconds(31)
    assert rig.desk.health(webhook).held_until is None
    assert rig.desk.health(webhook).owed == 0


def test_webhook_that_is_owed_nothing_is_not_held_back(rig: Rig) -> None:
    webhook = rig.hook()
    rig.claim()
    WebhookHolds(rig.archive).note({webhook.id: rig.clock() + 30_000}, now=rig.clock())
    assert rig.desk.health(webhook).held_until is None


def test_webhook_that_waits_for_its_pace_is_not_held_back(rig: Rig) -> None:
    webhook = rig.hook(rate=2)
    rig.happen(count=10)
    rig.claim()
    assert rig.log.health(webhook.id).held_until is None


def test_pause_is_noted_once_however_often_it_is_met(rig: Rig) -> None:
    """Each round meets it again, four times a second, and each note is a transaction."""
    webhook = rig.hook()
    rig.happen()
    rig.claim()
    for later in (30_000, 30_001):
        WebhookHolds(rig.archive).note({webhook.id: rig.clock() + later}, now=rig.clock())
    assert rig.desk.health(webhook).held_until == rig.clock() + 30_000


def away(*_: Any, **__: Any) -> None:
    raise ArchiveUnavailable("the archive cannot be used now")


@pytest.mark.parametrize(("room", "verb"), [(WebhookDeliveries, "claim"), (WebhookHolds, "note")])
def test_archive_that_is_away_for_a_while_shuts_no_gate(
    room: type, verb: str, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, well = rig.hook(), rig.hook(url="https://other.test/", events=["message.delivered"])
    rig.happen(count=60)
    rig.sender.answers = [ILL] * 60
    rig.work_off()
    rig.happen(EventType.MESSAGE_DELIVERED, count=20)
    with monkeypatch.context() as trouble:
        trouble.setattr(room, verb, away)
        for _ in range(10):  # more than an endpoint may have calls
            with pytest.raises(ArchiveUnavailable):
                rig.claim()
            rig.clock.pass_seconds(1)
    assert {one.webhook for one in rig.claim()} == {well.id}
    rig.clock.pass_seconds(31)
    assert failing.id in {one.webhook for one in rig.claim()}
