"""How far a webhook was told: where it begins, and when that is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.use_cases.tell_round import MISSING_MS
from tests.use_cases.telling import OTHER, SID, URL, Rig


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
