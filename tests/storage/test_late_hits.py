"""Hits that waited: given up, or answered from memory and kept later, each counts once."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest

from shortlink.bootstrap.links import ASYNC_REDIRECT_TIMEOUT_SECONDS, REDIRECT_TIMEOUT_SECONDS
from shortlink.domain.callback import CallbackKind
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.invariants import check
from shortlink.domain.link import CLICK_TIMES_KEPT
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage import links as storage_links
from shortlink.storage.async_line import EXTRA_SECONDS
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import Followed, LinkStore, Standing
from shortlink.storage.messages import MessageStore
from tests.factories import MINT, make_message
from tests.storage.conftest import NOW
from tests.storage.tapping import Add, tap


@pytest.fixture
def add_now(add: Add) -> Add:
    """Put a message into the ledger now: its link has to live by the store's own clock, which says what is too late."""
    return partial(add, now=int(time.time() * 1000))


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
    links: LinkStore, messages: MessageStore, add_now: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = add_now()
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
    links: LinkStore, messages: MessageStore, client: Store, add_now: Add
) -> None:
    message = add_now()
    moments = [wait_for(links, message, 120) for _ in range(3)]
    assert all(keep(links, message, until, until) for until in reversed(moments))
    assert clicks_of(messages, message) == 3
    assert client.hget(keys.record(message.code), "W") == ""
    keep(links, message, moments[0], moments[0])
    assert clicks_of(messages, message) == 4  # another one of that moment


def test_a_hit_from_the_spool_counts_whatever_others_waited_meanwhile(
    links: LinkStore, messages: MessageStore, add_now: Add
) -> None:
    message = add_now()
    until = wait_for(links, message, 120)
    keep(links, message, until)  # of a version that did not say until when
    keep(links, message, until, until + 1)
    assert clicks_of(messages, message) == 3


def test_a_hit_that_did_not_wait_leaves_no_trace_of_its_moment(
    links: LinkStore, messages: MessageStore, client: Store, add_now: Add
) -> None:
    message = add_now()
    wait_for(links, message, 0)
    assert clicks_of(messages, message) == 1
    assert client.hget(keys.record(message.code), "W") is None


def test_the_moments_of_hits_that_waited_do_not_grow_for_ever(links: LinkStore, client: Store, add_now: Add) -> None:
    message = add_now()
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


def test_the_log_tells_of_a_click_from_a_spool_when_it_was_and_whether_it_became_the_first(
    links: LinkStore, client: Store, add_now: Add
) -> None:
    message = add_now()
    follow_now(links, message)
    for at in (NOW, NOW + 9):
        keep(links, message, at)
    clicks = list(Inspector(client).events(partition_of(message.code)))[1:]
    assert [entry.detail for entry in clicks] == ["test", f"test first {NOW}", f"test {NOW + 9}"]


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
