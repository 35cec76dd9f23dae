"""Taps while the store is there, away and back; guessing codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from shortlink.domain.click import Hit
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store, connect
from shortlink.storage.links import LinkStore, Standing
from shortlink.storage.messages import MessageStore
from shortlink.storage.spool import ClickSpool
from shortlink.use_cases import miss_throttle, target_cache
from shortlink.use_cases.follow_link import LinkDesk, follow_link
from shortlink.use_cases.miss_throttle import MissThrottle
from shortlink.use_cases.replay_clicks import replay_clicks, start_replay
from shortlink.use_cases.target_cache import KEPT_SECONDS, TargetCache
from tests.factories import MINT

PHONE = Hit(
    method="GET",
    user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1",
    purpose="",
)
CURL = PHONE._replace(user_agent="curl/8.5.0")
AWAY = LinkStore(connect("unix:///nowhere/at/all.sock", retries=0))


@pytest.fixture
def desk(client: Store, tmp_path: Path) -> LinkDesk:
    return LinkDesk(
        mint=MINT,
        links=LinkStore(client),
        targets=TargetCache(),
        spool=ClickSpool(tmp_path),
        count_plain_clients=True,
        refuse_prefetch=False,
        callback_ms=0,
    )


def test_a_remembered_link_still_works_while_the_store_is_away_and_its_click_is_kept(
    desk: LinkDesk, messages: MessageStore, add: Callable[..., Message]
) -> None:
    message = add()
    follow_link(message.code, PHONE._replace(method="HEAD"), desk)
    followed = follow_link(message.code, PHONE, replace(desk, links=AWAY))
    assert followed.link == "https://shop.test/sale?a=1"
    assert messages.get(message.id).link.first_click_at is None  # type: ignore[union-attr]
    with pytest.raises(StoreUnavailable):
        replay_clicks(replace(desk, links=AWAY))
    assert replay_clicks(desk) == 1
    link = messages.get(message.id).link
    assert link is not None
    assert link.clicks == 1
    assert link.first_click_at is not None
    assert replay_clicks(desk) == 0


@pytest.mark.usefixtures("wrong_clock")
def test_a_click_that_is_kept_meanwhile_has_its_time_by_the_clock_of_the_store(
    desk: LinkDesk, messages: MessageStore, client: Store, add: Callable[..., Message]
) -> None:
    message, line = add(), client.line
    follow_link(message.code, PHONE._replace(method="HEAD"), desk)
    client.line = connect("unix:///nowhere/at/all.sock", retries=0).line
    follow_link(message.code, PHONE, desk)
    client.line = line
    assert replay_clicks(desk) == 1
    kept = messages.get(message.id)
    assert kept.link is not None
    assert kept.link.first_click_at is not None
    assert kept.accepted_at <= kept.link.first_click_at + 1000  # what is learnt of a clock is off by a little
    assert kept.link.first_click_at <= client.now() + 1000


def test_a_click_answered_before_its_link_was_switched_off_is_kept(
    desk: LinkDesk, messages: MessageStore, client: Store, add: Callable[..., Message]
) -> None:
    message = add()
    follow_link(message.code, PHONE._replace(method="HEAD"), desk)
    follow_link(message.code, PHONE, replace(desk, links=AWAY))
    LinkStore(client).switch(message.code, on=False, by="api")
    assert replay_clicks(desk) == 1
    assert messages.get(message.id).link.clicks == 1  # type: ignore[union-attr]


def test_a_spooled_click_without_a_link_is_dropped_aloud(
    desk: LinkDesk, client: Store, add: Callable[..., Message], caplog: pytest.LogCaptureFixture
) -> None:
    message = add()
    follow_link(message.code, PHONE._replace(method="HEAD"), desk)
    follow_link(message.code, PHONE, replace(desk, links=AWAY))
    client.delete(keys.record(message.code))
    assert replay_clicks(desk) == 1
    assert replay_clicks(desk) == 0
    assert f"no link {message.code}" in caplog.text


def test_neither_a_store_that_is_away_nor_a_fault_of_ours_ends_the_replay(
    desk: LinkDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults, third = [StoreUnavailable("away"), RuntimeError("a fault of ours")], Event()

    def look(*_: object) -> int:
        if faults:
            raise faults.pop(0)
        third.set()
        return int(Event().wait())  # and rests, for the thread ends with the process alone

    monkeypatch.setattr(desk.spool, "replay", look)
    start_replay(desk, look_seconds=0.0)
    assert third.wait(5.0)
    assert ("a fault of ours" in caplog.text, "away" in caplog.text) == (True, False)


def test_a_link_that_is_not_remembered_is_refused_never_guessed(desk: LinkDesk, add: Callable[..., Message]) -> None:
    with pytest.raises(StoreUnavailable):
        follow_link(add().code, PHONE, replace(desk, links=AWAY))


def test_without_a_spool_nothing_is_answered_while_the_store_is_away(
    desk: LinkDesk, add: Callable[..., Message]
) -> None:
    message = add()
    follow_link(message.code, PHONE, desk)
    with pytest.raises(StoreUnavailable):
        follow_link(message.code, PHONE, replace(desk, links=AWAY, spool=None))


def test_a_link_switched_off_is_forgotten(desk: LinkDesk, client: Store, add: Callable[..., Message]) -> None:
    message = add()
    follow_link(message.code, PHONE, desk)
    LinkStore(client).switch(message.code, on=False, by="api")
    assert follow_link(message.code, PHONE, desk).standing is Standing.GONE
    with pytest.raises(StoreUnavailable):
        follow_link(message.code, PHONE, replace(desk, links=AWAY))


def test_a_cached_target_is_forgotten_after_a_minute() -> None:
    now = 0.0
    targets = TargetCache(clock=lambda: now)
    targets.keep("code", "https://a.test")
    now = KEPT_SECONDS
    assert targets.recall("code") == "https://a.test"
    now += 1
    assert targets.recall("code") is None


def test_what_was_tapped_longest_ago_is_forgotten_where_there_is_no_more_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(target_cache, "KEPT_AT_MOST", 3)
    targets = TargetCache()
    for code in ("old", "busy", "new", "busy", "old", "newest"):
        targets.keep(code, f"https://{code}.test")
    assert {code for code in ("old", "busy", "new", "newest") if targets.recall(code)} == {"old", "busy", "newest"}
    assert len(targets._targets) == 3


@pytest.mark.parametrize(("counting", "clicks"), [(True, 1), (False, 0)])
def test_a_plain_client_counts_unless_the_setting_says_otherwise(
    desk: LinkDesk, messages: MessageStore, add: Callable[..., Message], counting: bool, clicks: int
) -> None:
    message = add()
    follow_link(message.code, CURL, replace(desk, count_plain_clients=counting))
    assert messages.get(message.id).link.clicks == clicks  # type: ignore[union-attr]


def test_a_malformed_code_never_reaches_the_store(desk: LinkDesk) -> None:
    assert follow_link("0OIl!", PHONE, replace(desk, links=AWAY)).standing is Standing.UNKNOWN


def test_an_address_may_miss_so_often_and_then_has_to_wait() -> None:
    now = 0.0
    throttle = MissThrottle(per_minute=3, clock=lambda: now)
    for _ in range(3):
        assert throttle.blocks("192.0.2.1") == 0
        throttle.note_miss("192.0.2.1")
    assert throttle.blocks("192.0.2.1") > 0
    assert throttle.blocks("192.0.2.2") == 0
    now = 21.0
    assert throttle.blocks("192.0.2.1") == 0


def test_of_many_guessers_those_who_guessed_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(miss_throttle, "KEPT_AT_MOST", 3)
    throttle = MissThrottle(per_minute=1)
    for host in (1, 2, 3, 1, 4):
        throttle.note_miss(f"192.0.2.{host}")
    assert {host for host in (1, 2, 3, 4) if throttle.blocks(f"192.0.2.{host}")} == {1, 3, 4}
    assert len(throttle._buckets) == 3


def test_the_processes_of_a_door_share_the_allowance_out() -> None:
    one_of_two, one_of_four = (MissThrottle(per_minute=30, processes=count) for count in (2, 4))
    assert [misses_of(one_of_two), misses_of(one_of_four)] == [15, 8]


def misses_of(throttle: MissThrottle) -> int:
    """Count how many misses an address may make at once."""
    made = 0
    while not throttle.blocks("192.0.2.1"):
        throttle.note_miss("192.0.2.1")
        made += 1
    return made


def test_one_ipv6_customer_is_one_address() -> None:
    throttle = MissThrottle(per_minute=1)
    throttle.note_miss("2001:db8::1")
    assert throttle.blocks("2001:db8::2") > 0
    assert throttle.blocks("2001:db8:0:1::1") == 0


def test_an_ipv4_address_written_as_ipv6_is_that_address() -> None:
    throttle = MissThrottle(per_minute=1)
    throttle.note_miss("::ffff:192.0.2.1")
    assert throttle.blocks("192.0.2.1") > 0
    assert throttle.blocks("::ffff:c000:201") > 0
    assert throttle.blocks("::ffff:192.0.2.2") == 0


def test_no_limit_is_no_limit() -> None:
    throttle = MissThrottle(per_minute=0)
    throttle.note_miss("192.0.2.1")
    assert throttle.blocks("192.0.2.1") == 0
