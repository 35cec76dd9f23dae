"""The secrets that sign what a webhook is told."""

from __future__ import annotations

import json

import pytest

from shortlink.domain.account import TooManyRotations
from shortlink.storage import keys
from tests.use_cases.telling import SID, Rig


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
