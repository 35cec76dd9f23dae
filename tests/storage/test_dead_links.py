"""Links whose time has passed, that were switched off, or that never were."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.domain.click import Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound
from shortlink.domain.link import DeadTaps
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore, Standing
from shortlink.storage.messages import MessageStore
from tests.factories import MINT, make_message
from tests.storage.conftest import NOW
from tests.storage.tapping import Add, tap


def test_a_link_lives_to_the_last_millisecond_of_its_ninety_days(links: LinkStore, add: Add) -> None:
    message = add()
    assert tap(links, message, now=NOW + 90 * DAY_MS - 1).standing is Standing.LIVE
    assert tap(links, message, now=NOW + 90 * DAY_MS).standing is Standing.GONE


def test_taps_on_an_expired_link_are_counted_with_the_first_and_the_last_and_are_no_events(
    links: LinkStore, messages: MessageStore, client: Store, add: Add
) -> None:
    message = add()
    before, size = client.xlen(keys.events(partition_of(message.code))), client.hlen(keys.record(message.code))
    late = NOW + 91 * DAY_MS
    for after in (0, 5, 9):
        assert tap(links, message, Verdict.UNKNOWN, now=late + after).standing is Standing.GONE
    link = messages.get(message.id).link
    assert link is not None
    assert link.dead_taps == DeadTaps(count=3, first_at=late, last_at=late + 9)
    assert (link.clicks, link.first_click_at, link.machine_hits) == (0, None, 0)
    assert client.xlen(keys.events(partition_of(message.code))) == before
    assert client.hlen(keys.record(message.code)) == size + 1


def test_taps_on_a_link_that_is_off_are_counted_and_its_clicks_go_on_when_it_is_on_again(
    links: LinkStore, messages: MessageStore, add: Add
) -> None:
    message = add()
    tap(links, message)
    links.switch(message.code, on=False, by="api")
    tap(links, message, now=NOW + 6)
    links.switch(message.code, on=True, by="api")
    tap(links, message, now=NOW + 7)
    link = messages.get(message.id).link
    assert link is not None
    assert (link.clicked_at, link.dead_taps) == (
        (NOW + 5, NOW + 7),
        DeadTaps(count=1, first_at=NOW + 6, last_at=NOW + 6),
    )


@pytest.mark.parametrize("verdict", [Verdict.PREVIEW, Verdict.PREFETCH, Verdict.SCANNER, Verdict.HEAD])
def test_machines_at_an_expired_link_leave_nothing(
    links: LinkStore, messages: MessageStore, add: Add, verdict: Verdict
) -> None:
    message = add()
    tap(links, message, verdict, now=NOW + 91 * DAY_MS)
    assert messages.get(message.id) == message


def test_a_dead_tap_after_its_record_is_gone_makes_none(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    client.delete(keys.record(message.code))
    assert tap(links, message, now=NOW + 91 * DAY_MS).standing is Standing.UNKNOWN
    assert client.exists(keys.record(message.code)) == 0


def _fill(client: Store) -> None:
    client.config_set("maxmemory", "1")


def _turn_into_a_replica(client: Store) -> None:
    client.replicaof("127.0.0.1", "1")


def _want_replicas(client: Store) -> None:
    client.config_set("min-replicas-to-write", "1")


@pytest.mark.parametrize("refuse_writes", [_fill, _turn_into_a_replica, _want_replicas])
def test_a_dead_link_stays_dead_in_a_store_that_takes_no_writes(
    refuse_writes: Callable[[Store], None], links: LinkStore, messages: MessageStore, client: Store, add: Add
) -> None:
    message = add()
    links.switch(message.code, on=False, by="api")
    refuse_writes(client)
    try:
        assert tap(links, message).standing is Standing.GONE
    finally:
        client.config_set("maxmemory", "0")
        client.config_set("min-replicas-to-write", "0")
        client.replicaof("NO", "ONE")
    link = messages.get(message.id).link
    assert link is not None
    assert link.dead_taps is None


def test_an_unknown_code_leads_nowhere_and_leaves_no_key(links: LinkStore, client: Store) -> None:
    assert tap(links, make_message(code=MINT.draw())).standing is Standing.UNKNOWN
    assert client.dbsize() == 0


def test_the_code_of_an_untracked_message_is_no_link(links: LinkStore, add: Add) -> None:
    assert tap(links, add(make_message(tracked=False))).standing is Standing.UNKNOWN


def test_a_link_can_be_switched_off_in_a_store_that_is_full(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    client.config_set("maxmemory", "1")
    try:
        links.switch(message.code, on=False, by="api")
        assert tap(links, message).standing is Standing.GONE
        links.switch(message.code, on=True, by="api")
        links.switch(message.code, on=False, by="api")
    finally:
        client.config_set("maxmemory", "0")
    assert tap(links, message).standing is Standing.GONE
    assert len(switches(client, message)) == 3


def switches(client: Store, message: Message) -> list[tuple[str, str]]:
    """What the log says of a link's switch: which way, and through which door."""
    entries = Inspector(client).events(partition_of(message.code))
    return [(entry.value, entry.detail) for entry in entries if entry.kind is EntryKind.SWITCHED]


def test_a_link_that_is_off_is_gone_whatever_is_wrong_with_its_end(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    links.switch(message.code, on=False, by="api")
    client.hset(keys.record(message.code), "x", "soon")
    assert tap(links, message).standing is Standing.GONE


def test_a_switch_that_changes_nothing_is_no_event(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    links.switch(message.code, on=True, by="api")
    assert switches(client, message) == []
    links.switch(message.code, on=False, by="dashboard")
    links.switch(message.code, on=False, by="api")
    links.switch(message.code, on=True, by="cli")
    assert switches(client, message) == [("off", "dashboard"), ("on", "cli")]


def test_switching_a_link_that_is_gone_makes_no_record(links: LinkStore, client: Store, add: Add) -> None:
    message = add()  # so that its partition has events
    client.delete(keys.record(message.code))
    with pytest.raises(NotFound):
        links.switch(message.code, on=False, by="api")
    assert client.exists(keys.record(message.code)) == 0
    assert switches(client, message) == []
