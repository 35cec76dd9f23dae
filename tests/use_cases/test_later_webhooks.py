"""Webhooks that a later version wrote, as after a roll-back: what it knows of them is kept, and holds up nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shortlink.domain.webhook import Webhook
from shortlink.storage import keys
from shortlink.storage.connection import Store
from tests.use_cases.telling import SID, Rig


@pytest.fixture
def write_as_later(client: Store) -> Callable[..., None]:
    """Write what a later version would write of a webhook."""

    def write(webhook: Webhook, *events: str, **fields: Any) -> None:
        name = keys.webhooks(webhook.account)
        values = json.loads(str(client.hget(name, webhook.id)))
        client.hset(name, webhook.id, json.dumps(values | fields | {"events": events}))
        client.hincrby(keys.WEBHOOK_CHANGES, webhook.account, 1)

    return write


def test_events_of_a_later_version_keep_a_webhook_from_nothing_else_and_are_told_of_once(
    rig: Rig, write_as_later: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    webhook = rig.hook()
    write_as_later(webhook, "link.clicked", "link.shared", colour="blue")
    other = rig.hook()
    happened = rig.happen()
    for _ in range(3):
        rig.work_off()
        rig.webhooks.change(SID, webhook.id, lambda one: replace(one, description=one.description + "!"))
    assert rig.sender.ids == happened * 2
    assert other.id != webhook.id
    (told,) = [line for line in caplog.messages if "later version" in line]
    assert webhook.id in told
    assert "link.shared" in told


def test_what_a_later_version_wrote_of_a_webhook_outlives_a_change_by_this_one(
    rig: Rig, client: Store, write_as_later: Callable[..., None]
) -> None:
    webhook = rig.hook()
    write_as_later(webhook, "link.clicked", "link.shared", colour="blue")
    rig.webhooks.change(SID, webhook.id, lambda one: replace(one, description="Shop"))
    kept = json.loads(str(client.hget(keys.webhooks(SID), webhook.id)))
    assert (kept["events"], kept["colour"], kept["description"]) == (["link.clicked", "link.shared"], "blue", "Shop")
    assert not {"later_events", "later_fields"} & kept.keys()


def test_a_webhook_that_asks_for_later_events_alone_keeps_its_place_until_they_are_known(
    rig: Rig, write_as_later: Callable[..., None]
) -> None:
    webhook = rig.hook()
    write_as_later(webhook, "link.shared")
    before = rig.happen()
    rig.work_off()
    assert rig.sender.ids == []
    write_as_later(webhook, "link.clicked")  # as if this version knew it by now
    rig.work_off()
    assert rig.sender.ids == before
