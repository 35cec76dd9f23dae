"""Several events in one POST."""

from __future__ import annotations

import json

import pytest

from tests.use_cases.telling import ILL, SID, Rig


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


@pytest.mark.parametrize("change", [{"batch": None}, {"batch": None, "format": "form"}])
def test_a_batch_that_waits_is_told_event_by_event_once_its_webhook_takes_no_batches(
    rig: Rig, change: dict[str, str | None]
) -> None:
    webhook = rig.hook(batch={"most": 3, "seconds": 0})
    events = rig.happen(count=3)
    rig.sender.answers = [ILL]
    for one in rig.claim():
        rig.make(one)
    rig.desk.change(SID, webhook.id, change)
    rig.clock.pass_seconds(10)
    assert rig.claim() == []  # what was one delivery is one of each event from here on
    rig.work_off()
    assert rig.sender.ids[1:] == events
    assert all(event in sent["body"] for event, sent in zip(events, rig.sender.sent[1:], strict=True))
    assert rig.log.health(webhook.id).owed == 0


def test_a_clock_that_is_an_hour_behind_the_stores_holds_no_batch_back(rig: Rig) -> None:
    rig.hook(batch={"most": 3, "seconds": 10})
    (event,) = rig.happen(at=rig.clock() + 3_600_000)
    rig.work_off()
    assert [one["id"] for one in json.loads(rig.sender.sent[0]["body"])] == [event]
