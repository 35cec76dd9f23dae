"""What both doors say to those who open a link whose record is damaged, and who hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.use_cases.find_unreadable import find_unreadable
from tests.factories import link_start, make_message
from tests.redirect.conftest import PHONE, WireDoor
from tests.waiting import wait_until

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
Damage = Callable[[redis.Redis, str], object]
# What a tap reads of a record; the second is whose tap meets it.
DAMAGES: dict[str, tuple[Damage, str]] = {
    "it is no hash": (lambda store, name: store.set(name, "no hash"), PHONE),
    "its end is garbled": (lambda store, name: store.hset(name, "x", "soon"), PHONE),
    "its end is no number": (lambda store, name: store.hset(name, "x", "nan"), PHONE),
    "its end is missing": (lambda store, name: store.hdel(name, "x"), PHONE),
    "its beginning is garbled": (lambda store, name: store.hset(name, "A", "yesterday"), PHONE),
    "its account is missing": (lambda store, name: store.hdel(name, "a"), PHONE),
    "its status is missing": (lambda store, name: store.hdel(name, "s"), PHONE),
    "its hits are no count": (lambda store, name: store.hset(name, "b", "many"), BOT),
    "its target is no text": (lambda store, name: store.hset(name, "u", b"\x02shop.test/\xff"), PHONE),
}


@pytest.fixture(params=list(DAMAGES.values()), ids=list(DAMAGES))
def damage(request: pytest.FixtureRequest) -> tuple[Damage, str]:
    """A way to damage a record, and the agent of whoever meets it."""
    found: tuple[Damage, str] = request.param
    return found


@pytest.fixture
def broken(store: redis.Redis, services: Services, damage: tuple[Damage, str]) -> Message:
    """A message with a short link whose record was damaged by hand."""
    message = make_message()
    services.messages.add(message, link_start=link_start(message), today=0)
    damage[0](store, keys.record(message.code))
    return message


def test_a_damaged_link_is_a_page_and_a_fault_of_its_own_alone(
    door: WireDoor, tracked: Message, broken: Message, damage: tuple[Damage, str]
) -> None:
    answers = [door.ask(f"/{code}", agent=damage[1]) for code in (tracked.code, broken.code, tracked.code)]
    assert [answer.status for answer in answers] == [302, 500, 302]
    assert answers[1].headers["content-type"] == "text/html; charset=utf-8"
    assert "ask the sender" in answers[1].text
    assert "refresh" not in answers[1].text, "waiting does not mend it"


def test_the_log_names_a_damaged_link_once_and_without_a_trace(
    open_door: Callable[..., Any], broken: Message, damage: tuple[Damage, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), open_door() as door:
        assert [door.ask(f"/{broken.code}", agent=damage[1]).status for _ in range(5)] == [500] * 5
    (told,) = caplog.records
    assert keys.record(broken.code) in told.getMessage()
    assert told.exc_info is None


def test_a_damaged_link_that_was_tapped_is_named_to_whoever_looks_after_the_store(
    services: Services, door: WireDoor, broken: Message, damage: tuple[Damage, str]
) -> None:
    door.ask(f"/{broken.code}", agent=damage[1])
    desk = services.metrics_desk
    assert find_unreadable(desk.unreadable, desk.inspector) == [broken.code]


def test_a_damaged_link_is_no_guess(open_door: Callable[..., Any], broken: Message, damage: tuple[Damage, str]) -> None:
    with open_door(misses_per_minute=1) as door:
        assert [door.ask(f"/{broken.code}", agent=damage[1]).status for _ in range(3)] == [500] * 3


def test_a_tap_on_a_link_whose_end_is_garbled_changes_nothing(
    store: redis.Redis, door: WireDoor, tracked: Message
) -> None:
    name = keys.record(tracked.code)
    store.hset(name, "x", "soon")
    before = store.hgetall(name)
    assert door.ask(f"/{tracked.code}").status == 500
    assert store.hgetall(name) == before


def test_a_link_leads_on_as_soon_as_it_is_mended(store: redis.Redis, door: WireDoor, tracked: Message) -> None:
    name = keys.record(tracked.code)
    ends = store.hget(name, "x")
    store.hset(name, "x", "soon")
    assert door.ask(f"/{tracked.code}").status == 500
    store.hset(name, "x", ends)
    assert door.ask(f"/{tracked.code}").status == 302


def test_a_target_in_japanese_is_no_damage(store: redis.Redis, door: WireDoor, tracked: Message) -> None:
    store.hset(keys.record(tracked.code), "u", "https://shop.test/日本")
    answer = door.ask(f"/{tracked.code}")
    assert (answer.status, answer.headers["location"]) == (302, "https://shop.test/%E6%97%A5%E6%9C%AC")


def test_what_was_damaged_meanwhile_is_not_led_on_from_memory(
    open_door: Callable[..., Any], store: redis.Redis, tracked: Message, tmp_path: Path
) -> None:
    with open_door(spool_dir=tmp_path, waits_seconds=0.3) as door:
        wait_until(lambda: door.ask(f"/{tracked.code}").status == 302)
        store.hset(keys.record(tracked.code), "x", "soon")
        assert door.ask(f"/{tracked.code}").status == 500
        store.client_pause(5000, all=False)  # scripts and writes, not the end of the pause
        assert door.ask(f"/{tracked.code}").status == 503
        store.client_unpause()


def test_a_store_that_is_full_is_no_damage(links: LinkStore, store: redis.Redis, tracked: Message) -> None:
    judgement = Judgement(verdict=Verdict.SCANNER, rule="test")
    store.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(Exception, match="its memory is full"):
            links.follow(tracked.code, judgement, spends=False, callback_ms=0)
    finally:
        store.config_set("maxmemory", "0")
    assert Inspector(links._store).look(tracked.code).unreadable is None
