"""Tries that use up none: also of deliveries that an archive owes since before it counted them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlink.archive import database
from shortlink.archive.database import Archive
from shortlink.archive.schema import STEPS
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.archive.webhook_schema import SPARED_TRIES
from tests.archive.conftest import NOON

LEASE = 60_000


def claimed(archive: Archive, now: int) -> list[tuple[str, int, int]]:
    claims = WebhookDeliveries(archive).claim(
        {"wh_1": 9}, accounts={"wh_1": "SL1"}, now=now, lease_ms=LEASE, most_tries=3
    )
    return [(one.id, one.number, one.counted) for one in claims]


def test_a_delivery_that_was_owed_before_has_the_tries_left_that_it_had_and_those_of_a_resumption_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(database, "STEPS", STEPS[: STEPS.index(SPARED_TRIES)])
        with Archive(tmp_path).writing() as rows:
            rows.execute(
                "INSERT INTO webhook_deliveries (webhook, id, places, state, tries, due_at, made_at)"
                " VALUES ('wh_1', 'old', '[]', 'p', 2, ?, ?)",
                (NOON + 2 * LEASE, NOON),
            )
    archive = Archive(tmp_path)
    deliveries = WebhookDeliveries(archive)
    deliveries.owe_again("wh_1", [Owed(id="new", places=())], now=NOON)
    assert claimed(archive, NOON) == [("new", 1, 1)]
    deliveries.bring_forward("wh_1", clock=lambda: NOON, lease_ms=LEASE)
    assert claimed(archive, NOON) == [("old", 3, 2)]
    assert claimed(archive, NOON + LEASE) == [("old", 4, 3), ("new", 2, 2)]
    assert claimed(archive, NOON + 2 * LEASE) == [("new", 3, 3)], "the old one has had its three"
