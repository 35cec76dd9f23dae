"""What following a link does to the store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shortlink.bootstrap.links import ASYNC_REDIRECT_TIMEOUT_SECONDS, REDIRECT_TIMEOUT_SECONDS
from shortlink.domain.callback import CallbackKind
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound, StoreUnavailable
from shortlink.domain.invariants import check
from shortlink.domain.link import CLICK_TIMES_KEPT, DeadTaps
from shortlink.domain.message import Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage import links as storage_links
from shortlink.storage.async_line import EXTRA_SECONDS
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import Followed, LinkStore, Standing
from shortlink.storage.messages import MessageStore
from tests.factories import MINT, make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]


def tap(links: LinkStore, message: Message, verdict: Verdict = Verdict.HUMAN, now: int = NOW + 5) -> Followed:
    spends = verdict in (Verdict.HUMAN, Verdict.UNKNOWN)
    judgement = Judgement(verdict=verdict, rule="test")
    return links.follow(message.code, judgement, spends=spends, callback_ms=0, now=now)


def test_the_first_human_click_is_kept_and_owes_one_callback(
    links: LinkStore, messages: MessageStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    for later in (5, 6, 7):
        assert tap(links, message, now=NOW + later).link == "https://shop.test/sale?a=1"
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks, link.clicked_at) == (NOW + 5, 3, (NOW + 5, NOW + 6, NOW + 7))
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 5).members == (message.code + "c",)


@pytest.mark.parametrize("verdict", [Verdict.PREVIEW, Verdict.PREFETCH, Verdict.SCANNER, Verdict.HEAD])
def test_a_machine_is_sent_on_but_spends_no_first_click(
    links: LinkStore, messages: MessageStore, ledger: Ledger, add: Add, verdict: Verdict
) -> None:
    message = add()
    assert tap(links, message, verdict).standing is Standing.LIVE
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks) == (None, 0)
    assert link.machine_hits == (0 if verdict is Verdict.HEAD else 1)
    assert ledger.depth(Due.CALLBACKS) == 0


def test_a_hundred_taps_at_once_make_one_first_click(links: LinkStore, messages: MessageStore, add: Add) -> None:
    message = add()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: tap(links, message, now=NOW + n), range(100)))
    link = messages.get(message.id).link
    assert link is not None
    assert link.clicks == 100
    assert len(link.clicked_at) == CLICK_TIMES_KEPT
    assert link.first_click_at == link.clicked_at[0]


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


def test_without_a_callback_url_a_click_owes_nothing(links: LinkStore, ledger: Ledger, add: Add) -> None:
    message = add(make_message(click_url=None))
    tap(links, message)
    assert ledger.depth(Due.CALLBACKS) == 0


def test_a_callback_waits_as_long_as_it_is_told_before_its_first_try(
    links: LinkStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=3_000, now=NOW)
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 2_999).members == ()
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 3_000).members == (message.code + "c",)


def test_a_first_click_wakes_a_listener(links: LinkStore, ledger: Ledger, add: Add) -> None:
    message = add()
    with ledger.hints() as wait:
        wait(0.05)
        tap(links, message)
        assert wait(5) == {Due.CALLBACKS}


def test_every_hit_is_in_the_event_log_with_its_verdict_and_rule(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    tap(links, message, Verdict.PREVIEW)
    tap(links, message)
    tap(links, message)
    entries = list(Inspector(client).events(partition_of(message.code)))
    assert [entry.subject for entry in entries] == [message.code] * 4
    assert [(entry.kind, entry.value, entry.detail.split(" ")[0]) for entry in entries] == [
        (EntryKind.ACCEPTED, "", ""),
        (EntryKind.HIT, "p", "test"),
        (EntryKind.FIRST_CLICK, "h", "test"),
        (EntryKind.CLICK, "h", "test"),
    ]


def test_the_status_at_click_time_is_frozen(links: LinkStore, messages: MessageStore, client: Store, add: Add) -> None:
    message = add()
    tap(links, message)
    assert client.hget(keys.record(message.code), "cf") == MessageStatus.ACCEPTED.value


def test_a_hit_that_was_given_up_is_not_kept_when_the_store_goes_on(
    valkey_url: str, client: Store, messages: MessageStore, add: Add
) -> None:
    message, kept = add(), list[Followed]()
    impatient = LinkStore(connect(valkey_url, timeout_seconds=0.1, retries=0))
    tap(impatient, message, Verdict.PREVIEW)
    hog: Any = connect(valkey_url, timeout_seconds=60).connection_pool.get_connection()
    # The commands of others wait meanwhile and are carried out afterwards, whether or not anybody still waits.
    hog.send_command("EVAL", "local began = os.clock() while os.clock() - began < 0.6 do end", 0)
    with pytest.raises(StoreUnavailable):
        kept.extend(tap(impatient, message) for _ in range(100_000))
    hog.read_response()
    link = messages.get(message.id).link
    assert link is not None
    assert link.clicks == len(kept)


def test_a_hit_that_is_too_late_twice_is_given_up_and_not_kept(
    links: LinkStore, messages: MessageStore, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = add()
    with monkeypatch.context() as late:
        late.setattr(storage_links, "FOLLOW_WITHIN_MS", -1000)
        with pytest.raises(StoreUnavailable, match="too long"):
            follow_now(links, message)
    follow_now(links, message)
    assert messages.get(message.id).link.clicks == 1  # type: ignore[union-attr]


def test_a_hit_may_be_carried_out_longer_than_any_door_waits_for_it() -> None:
    waits_seconds = max(REDIRECT_TIMEOUT_SECONDS, ASYNC_REDIRECT_TIMEOUT_SECONDS + EXTRA_SECONDS)
    assert waits_seconds * 1000 < storage_links.FOLLOW_WITHIN_MS


def follow_now(links: LinkStore, message: Message) -> Followed:
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    return links.follow(message.code, judgement, spends=True, callback_ms=0)


def keep(links: LinkStore, message: Message, at: int, until: int = 0) -> bool:
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    return links.keep_answered(message.code, judgement, spends=True, callback_ms=0, at=at, until=until)


def wait_for(links: LinkStore, message: Message, milliseconds: int) -> int:
    """Have a hit carried out that was asked for so long ago, and say what its last moment was."""
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    links.perform(links._clock.learn())
    until = links.last_moment() - milliseconds
    links.perform(links.follow_steps(message.code, judgement, spends=True, callback_ms=0, until=until))
    return until


def clicks_of(messages: MessageStore, message: Message) -> int:
    link = messages.get(message.id).link
    assert link is not None
    return link.clicks


def test_a_hit_that_waited_so_long_that_it_was_spooled_counts_once(
    links: LinkStore, messages: MessageStore, client: Store, add: Add
) -> None:
    message = add()
    moments = [wait_for(links, message, 120) for _ in range(3)]
    assert all(keep(links, message, NOW, until) for until in moments)
    assert clicks_of(messages, message) == 3
    assert client.hget(keys.record(message.code), "W") == ""
    keep(links, message, NOW, moments[0])
    assert clicks_of(messages, message) == 4  # another one of that moment


def test_a_hit_from_the_spool_counts_whatever_others_waited_meanwhile(
    links: LinkStore, messages: MessageStore, add: Add
) -> None:
    message = add()
    until = wait_for(links, message, 120)
    keep(links, message, NOW)  # of a version that did not say until when
    keep(links, message, NOW, until + 1)
    assert clicks_of(messages, message) == 3


def test_a_hit_that_did_not_wait_leaves_no_trace_of_its_moment(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    wait_for(links, message, 0)
    assert client.hget(keys.record(message.code), "W") is None


def test_the_moments_of_hits_that_waited_do_not_grow_for_ever(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    moments = [str(wait_for(links, message, 60)) for _ in range(210)]
    kept = client.hget(keys.record(message.code), "W")
    assert isinstance(kept, str)
    assert kept.split() == moments[-200:]


def test_an_answered_click_is_kept_on_a_link_that_is_gone_meanwhile(
    links: LinkStore, messages: MessageStore, client: Store, ledger: Ledger, add: Add
) -> None:
    off, closed, expired = add(), add(), add()
    links.switch(off.code, on=False, by="api")
    client.sadd(keys.closed_accounts(partition_of(closed.code)), closed.account)
    for message, at in ((off, NOW + 5), (closed, NOW + 5), (expired, NOW + 90 * DAY_MS)):
        assert tap(links, message, now=at).standing is Standing.GONE
        assert keep(links, message, at)
        assert messages.get(message.id).link.first_click_at == at  # type: ignore[union-attr]
    assert ledger.depth(Due.CALLBACKS) == 3


def test_an_answered_click_on_a_record_that_ended_is_said_to_be_dropped(links: LinkStore, client: Store) -> None:
    assert not keep(links, make_message(code=MINT.draw()), NOW)
    assert client.dbsize() == 0


@pytest.mark.parametrize("click_url", ["http://127.0.0.1:9/click", None])
def test_an_earlier_answered_click_becomes_the_first_while_nobody_was_told(
    links: LinkStore, messages: MessageStore, add: Add, click_url: str | None
) -> None:
    message = add(make_message(click_url=click_url))
    tap(links, message, now=NOW + 50)
    for at in (60, 20, 40):
        keep(links, message, NOW + at)
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks) == (NOW + 20, 4)
    assert link.clicked_at == tuple(NOW + at for at in (20, 40, 50, 60))


def test_a_first_click_that_was_told_stays_the_first(
    links: LinkStore, messages: MessageStore, callbacks: CallbackStore, client: Store, add: Add
) -> None:
    message = add()
    tap(links, message, now=NOW + 50)
    assert callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000, now=NOW + 60) is not None
    for at in range(CLICK_TIMES_KEPT + 5):
        keep(links, message, NOW + at)
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks) == (NOW + 50, CLICK_TIMES_KEPT + 6)
    assert link.clicked_at == (*(NOW + at for at in range(CLICK_TIMES_KEPT - 1)), NOW + 50)
    assert check(Inspector(client).look(message.code, now=NOW + 60)) == []


def test_the_times_kept_are_the_earliest_when_an_early_click_comes_late(
    links: LinkStore, messages: MessageStore, add: Add
) -> None:
    message = add()
    for at in range(CLICK_TIMES_KEPT):
        tap(links, message, now=NOW + 100 + at)
    keep(links, message, NOW + 7)
    keep(links, message, NOW + 500)
    link = messages.get(message.id).link
    assert link is not None
    assert link.clicked_at == (NOW + 7, *(NOW + 100 + at for at in range(CLICK_TIMES_KEPT - 1)))
    assert link.first_click_at == NOW + 7


def test_a_clock_that_was_set_back_stops_no_tap(links: LinkStore, add: Add) -> None:
    message = add()
    links.perform(links._clock.learn())
    links._clock._ahead_ms = -3_600_000
    assert tap(links, message).standing is Standing.LIVE


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


def test_a_switch_that_changes_nothing_is_no_event(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    links.switch(message.code, on=True, by="api")
    assert switches(client, message) == []
    links.switch(message.code, on=False, by="dashboard")
    links.switch(message.code, on=False, by="api")
    links.switch(message.code, on=True, by="cli")
    assert switches(client, message) == [("off", "dashboard"), ("on", "cli")]


def test_switching_a_link_that_is_gone_makes_no_record(links: LinkStore, client: Store) -> None:
    code = MINT.draw()
    with pytest.raises(NotFound):
        links.switch(code, on=False, by="api")
    assert client.exists(keys.record(code), keys.events(partition_of(code))) == 0
