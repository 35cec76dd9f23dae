"""Tests of webhooks and replays that somebody asked for."""

from __future__ import annotations

import json

import pytest

from shortlink.domain.webhook import MOST_ASKED
from shortlink.storage.webhook_errands import Errand
from shortlink.use_cases.manage_webhooks import TooMuchAsked, WebhookPaused
from shortlink.use_cases.tell_round import TIDY_MS, _tidy
from shortlink.use_cases.tell_webhooks import do_errands
from tests.use_cases.telling import ILL, OTHER, PAGE, SID, URL, WINDOW, Rig


def test_a_test_is_sent_once_and_marked_as_one(rig: Rig) -> None:
    webhook = rig.hook()
    identifier = rig.desk.test(SID, webhook.id)
    rig.sender.answers = [ILL]
    for _ in range(5):
        rig.work_off()
        rig.clock.pass_seconds(400)
    (sent,) = rig.sender.sent
    assert sent["id"] == identifier
    body = json.loads(sent["body"])
    assert (body["id"], body["type"]) == (identifier, "webhook.test")
    rig.desk.pause(SID, webhook.id)
    with pytest.raises(WebhookPaused):
        rig.desk.test(SID, webhook.id)


def test_a_test_of_a_webhook_that_was_made_this_very_moment_is_not_forgotten(rig: Rig) -> None:
    rig.rounds.known.refresh()
    identifier = rig.desk.test(SID, rig.hook().id)
    do_errands(rig.tell)
    rig.work_off()
    assert rig.sender.ids == [identifier]


def test_a_test_of_a_webhook_that_was_made_within_the_round_outlives_its_tidying(rig: Rig) -> None:
    other = rig.hook()
    rig.claim()
    rig.clock.pass_seconds(2 * TIDY_MS / 1000)
    rig.rounds.known.refresh()
    identifier = rig.desk.test(SID, rig.hook().id)
    do_errands(rig.tell)
    assert list(rig.rounds.known.all()) == [other.id]
    _tidy(rig.rounds, rig.tell)
    rig.work_off()
    assert rig.sender.ids == [identifier]


def test_a_replay_tells_a_time_range_again_with_the_same_ids(rig: Rig) -> None:
    webhook = rig.hook()
    rig.happen()
    rig.clock.pass_seconds(10)
    again = rig.happen(count=2)
    since = rig.clock()
    rig.clock.pass_seconds(10)
    rig.happen()
    rig.work_off()
    rig.sender.sent.clear()
    rig.desk.replay(SID, webhook.id, since=since, until=since + 5000)
    rig.work_off()
    assert sorted(rig.sender.ids) == again


def test_a_long_replay_goes_on_page_by_page_after_a_kill(rig: Rig) -> None:
    webhook = rig.hook(rate=200)
    events = rig.happen(count=WINDOW + 2 * PAGE + 10)
    rig.work_off()
    rig.sender.sent.clear()
    rig.desk.replay(SID, webhook.id, since=0, until=rig.clock() + 1)
    rig.claim(free=0)
    assert rig.log.health(webhook.id).owed == PAGE
    rig.start_process()
    for _ in range(10):
        rig.claim(free=0)
    assert rig.log.health(webhook.id).owed == WINDOW + PAGE, "the rest waits until there is room"
    rig.work_off()
    assert sorted(rig.sender.ids) == sorted(events)


def test_what_was_asked_for_of_a_webhook_that_is_deleted_meanwhile_is_forgotten(rig: Rig) -> None:
    deleted, other = rig.hook(), rig.hook()
    rig.desk.test(SID, deleted.id)
    rig.desk.replay(SID, deleted.id, since=0, until=rig.clock())
    rig.desk.remove(SID, deleted.id)
    asked = rig.desk.test(SID, other.id)
    rig.work_off()
    assert (rig.sender.ids, rig.webhooks.errands.asked()) == ([asked], [])


def test_however_much_one_account_asks_for_what_another_asked_for_is_done(rig: Rig) -> None:
    theirs, ours = rig.desk.create(OTHER, {"url": URL, "events": ["link.clicked"]}), rig.hook()
    asked = rig.desk.test(OTHER, theirs.id)
    for _ in range(MOST_ASKED):
        rig.desk.test(SID, ours.id)
    with pytest.raises(TooMuchAsked):
        rig.desk.test(SID, ours.id)
    with pytest.raises(TooMuchAsked):
        rig.desk.replay(SID, ours.id, since=0, until=1)
    rig.desk.replay(OTHER, theirs.id, since=0, until=1)
    rig.claim(free=0)
    rig.desk.test(SID, ours.id)
    rig.work_off()
    assert asked in rig.sender.ids


def test_a_resumption_is_taken_however_much_is_asked_for_and_waits_twice_at_most(rig: Rig) -> None:
    webhook = rig.hook()
    for _ in range(MOST_ASKED):
        rig.desk.test(SID, webhook.id)
    for _ in range(3):
        rig.desk.pause(SID, webhook.id)
        rig.desk.resume(SID, webhook.id)
    assert [asked.errand for asked in rig.webhooks.errands.asked()].count(Errand.RESUME) == 2


def test_many_replays_of_one_webhook_take_one_page_a_round_and_are_all_done(rig: Rig) -> None:
    webhook = rig.hook()
    first = rig.happen()
    rig.clock.pass_seconds(10)
    begin, second = rig.clock(), rig.happen()
    rig.clock.pass_seconds(10)
    rig.work_off()
    rig.sender.sent.clear()
    rig.desk.replay(SID, webhook.id, since=0, until=begin)
    rig.desk.replay(SID, webhook.id, since=begin, until=rig.clock())
    rig.claim(free=0)
    assert rig.log.health(webhook.id).owed == 1
    rig.work_off()
    assert sorted(rig.sender.ids) == sorted(first + second)
