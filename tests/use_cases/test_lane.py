"""The way from the ledger to the workers while the carrier takes few messages a second."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.pace import PaceStore
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.lane import Lane, make_lanes


@pytest.fixture
def make_lane(client: Store) -> Callable[[], Lane]:
    """Make a dispatcher's lane of messages."""

    def make() -> Lane:
        pace = CarrierPace(PaceStore(client), rate=1)
        return make_lanes(Ledger(client), pace=pace, again_ms=20_000)[Due.MESSAGES]

    return make


def test_of_two_dispatchers_that_look_at_the_same_moment_one_offers_a_message_for_it(
    make_lane: Callable[[], Lane], add: Callable[..., Message]
) -> None:
    for _ in range(4):
        add()
    one, other = make_lane(), make_lane()
    assert [one.room(0), other.room(0)] == [1, 1]
    assert len(one.take(1).members) == 1
    left = other.take(1)
    assert left.members == ()
    assert 0 < (left.next_ms or 0) <= 1500
    assert len(one.take(1).members) == 1


def test_a_dispatcher_that_is_told_to_stop_leaves_offering_to_another_at_once(
    make_lane: Callable[[], Lane], add: Callable[..., Message]
) -> None:
    add()
    add()
    one, other = make_lane(), make_lane()
    one.take(1)
    assert one.pace is not None
    one.pace.leave_offering()
    assert len(other.take(1).members) == 1


def test_who_has_nothing_to_offer_keeps_no_other_from_it(
    make_lane: Callable[[], Lane], add: Callable[..., Message]
) -> None:
    one, other = make_lane(), make_lane()
    one.take(1)
    add()
    assert len(other.take(1).members) == 1
