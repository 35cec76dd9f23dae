"""Whose message a carrier's id is, on a real Valkey."""

from __future__ import annotations

from shortlink.storage import keys
from shortlink.storage.carrier_ids import CARRIER_ID_SECONDS, CarrierIdStore
from shortlink.storage.connection import Store


def test_an_id_is_the_first_ones_that_noted_it_for_longer_than_any_looking(client: Store) -> None:
    carrier_ids = CarrierIdStore(client)
    assert [carrier_ids.own("SM1", code) for code in ("s7gbpv6YA", "s7gbpv6YB", "s7gbpv6YA")] == [True, False, True]
    assert 86_400 < client.ttl(keys.carrier_id("SM1")) <= CARRIER_ID_SECONDS
