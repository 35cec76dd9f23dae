"""What becomes of a webhook that cannot be read, and of everybody else's."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
import redis

from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import WebhookUnreadable
from shortlink.domain.webhook import Webhook, resumed
from shortlink.storage import keys
from shortlink.storage.unreadable_webhooks import UnreadableWebhooks
from shortlink.storage.webhook_errands import Errand
from shortlink.use_cases.tell_round import MISSING_MS
from tests.use_cases.telling import OTHER, SID, URL, Rig

Damage = Callable[[redis.Redis, Webhook], object]


def with_field(name: str, value: object) -> Damage:
    """Damage one field of a webhook."""

    def damage(store: redis.Redis, webhook: Webhook) -> None:
        kept = json.loads(store.hget(keys.webhooks(SID), webhook.id) or "")
        store.hset(keys.webhooks(SID), webhook.id, json.dumps(kept | {name: value}))

    return damage


def as_text(text: str | bytes) -> Damage:
    return lambda store, webhook: store.hset(keys.webhooks(SID), webhook.id, text)


def as_no_hash(store: redis.Redis, _: Webhook) -> None:
    store.delete(keys.webhooks(SID))
    store.set(keys.webhooks(SID), "no hash")


DAMAGES: dict[str, Damage] = {
    "it is no hash": as_no_hash,
    "it is no JSON": as_text("{"),
    "it is no object": as_text("[1]"),
    "it is no text": as_text(b"\xff"),
    "it is nested without end": as_text("[" * 100_000),
    "its address is missing": as_text('{"id": "wh_1", "account": "SLtestaccount"}'),
    "its address is no text": with_field("url", 7),
    "its events are no list": with_field("events", "link.clicked"),
    "its rate is no number": with_field("rate", "fast"),
    "its batch is no batch": with_field("batch", {"most": 3}),
    "its pause has no reason": with_field("paused", 1),
    "its times are no times": with_field("added_at", ["link.clicked"]),
    "its account is another": with_field("account", OTHER),
    "its secrets are no times": with_field("secret_rotated_at", ["yesterday"]),
}


@pytest.fixture(params=list(DAMAGES.values()), ids=list(DAMAGES))
def damage(request: pytest.FixtureRequest, store: redis.Redis) -> Callable[[Webhook], object]:
    """Damage a webhook by hand, which counts no change."""
    return lambda webhook: request.param(store, webhook)


@pytest.fixture
def broken(rig: Rig, damage: Callable[[Webhook], object]) -> Webhook:
    webhook = rig.hook()
    rig.hook(url=f"{URL}/well")
    rig.desk.create(OTHER, {"url": URL, "events": ["link.clicked"]})
    damage(webhook)
    return webhook


def test_a_damaged_webhook_keeps_no_other_from_being_told_and_the_log_names_it_once(
    rig: Rig, broken: Webhook, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    happened = rig.happen(account=OTHER)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            rig.work_off()
    assert rig.sender.ids == happened
    (told,) = caplog.records
    assert (SID if store.type(keys.webhooks(SID)) == "string" else broken.id) in told.getMessage()
    assert told.exc_info is None


def test_a_damaged_webhook_is_named_to_whoever_looks_and_to_whoever_asks_for_it(rig: Rig, broken: Webhook) -> None:
    (word,) = rig.webhooks.damaged()
    assert SID in word
    assert broken.id not in [one.id for one in rig.webhooks.list_of(SID)]
    with pytest.raises(WebhookUnreadable):
        rig.webhooks.get(SID, broken.id)


def test_what_a_damaged_webhook_is_owed_is_kept_and_told_once_it_is_mended(rig: Rig, store: redis.Redis) -> None:
    webhook = rig.hook()
    whole = str(store.hget(keys.webhooks(SID), webhook.id))
    told = rig.happen()
    rig.work_off()
    owed = rig.happen()
    rig.claim(free=0)
    store.hset(keys.webhooks(SID), webhook.id, "{")
    rig.start_process()
    for _ in range(2):
        rig.work_off()
        rig.clock.pass_seconds((MISSING_MS + DAY_MS) / 1000)
        rig.work_off()
    later = rig.happen()
    assert rig.sender.ids == told
    store.hset(keys.webhooks(SID), webhook.id, whole)
    rig.work_off()
    assert rig.sender.ids == told + owed + later, "none is told twice either"


def test_a_damaged_webhook_can_be_deleted_as_any_other(rig: Rig, store: redis.Redis) -> None:
    webhook = rig.hook()
    rig.desk.create(OTHER, {"url": URL, "events": ["link.clicked"]})
    rig.happen()
    rig.claim(free=0)
    as_text("{")(store, webhook)
    rig.claim(free=0)
    rig.webhooks.remove(SID, webhook.id)
    assert rig.webhooks.damaged() == []
    for _ in range(2):
        rig.clock.pass_seconds((MISSING_MS + DAY_MS) / 1000)
        rig.claim(free=0)
    assert rig.log.health(webhook.id).owed == 0, "what it was owed goes some days later"


def test_a_pause_for_a_reason_of_a_later_version_is_a_pause_and_its_word_is_kept(rig: Rig, store: redis.Redis) -> None:
    webhook = rig.hook()
    with_field("paused", "quota")(store, webhook)
    happened = rig.happen()
    rig.work_off()
    assert rig.sender.ids == []
    assert rig.webhooks.change(SID, webhook.id, lambda one: replace(one, description="Shop")).paused == "quota"
    rig.webhooks.change(SID, webhook.id, lambda one: resumed(one, rig.clock()))
    rig.work_off()
    assert rig.sender.ids == happened


ODD_ERRANDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "of a later version": lambda asked: json.dumps(asked | {"errand": "translate"}),
    "with a field of a later version": lambda asked: json.dumps(asked | {"colour": "blue"}),
    "of no time": lambda asked: json.dumps(asked | {"after": "now"}),
    "written by hand": lambda asked: json.dumps(asked, indent=1),
    "of nothing": lambda _: "[]",
}


@pytest.mark.parametrize("write", ODD_ERRANDS.values(), ids=ODD_ERRANDS)
def test_what_is_asked_for_and_cannot_be_read_stays_and_keeps_nothing_else_from_being_done(
    write: Callable[[dict[str, Any]], str], rig: Rig, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    webhook = rig.hook()
    asked = rig.webhooks.errands.ask(Errand.TEST, webhook)
    store.lpush(keys.WEBHOOK_ERRANDS, odd := write(asdict(asked)))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            rig.work_off()
    assert rig.sender.ids == [f"test_{asked.id}"]
    assert store.lrange(keys.WEBHOOK_ERRANDS, 0, -1) == [odd]
    assert len(caplog.records) == len(rig.webhooks.damaged()) == 1


def test_what_is_asked_for_in_no_text_keeps_nothing_else_from_being_done(rig: Rig, store: redis.Redis) -> None:
    webhook = rig.hook()
    asked = rig.webhooks.errands.ask(Errand.TEST, webhook)
    store.lpush(keys.WEBHOOK_ERRANDS, b'{"id": "\xff"}')
    rig.work_off()
    assert rig.sender.ids == [f"test_{asked.id}"]
    assert store.llen(keys.WEBHOOK_ERRANDS) == len(rig.webhooks.damaged()) == 1


def test_errands_of_a_damaged_webhook_wait_until_it_is_mended(rig: Rig, store: redis.Redis) -> None:
    webhook = rig.hook()
    whole = str(store.hget(keys.webhooks(SID), webhook.id))
    asked = rig.webhooks.errands.ask(Errand.TEST, webhook)
    as_text("{")(store, webhook)
    rig.work_off()
    store.hset(keys.webhooks(SID), webhook.id, whole)
    rig.work_off()
    assert rig.sender.ids == [f"test_{asked.id}"]


def test_however_many_webhooks_are_damaged_the_log_gets_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    unreadable = UnreadableWebhooks(clock=lambda: now[0])
    for now[0] in (0, 30, 61):
        for n in range(3):
            unreadable.note(WebhookUnreadable(SID, f"wh_{now[0]}_{n}", "it is no text"))
    assert [record.getMessage().split()[2] for record in caplog.records] == ["wh_0_0", "wh_61_0"]
