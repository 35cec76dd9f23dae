"""What both doors say to those who open a link whose partition has a key of another kind, and who hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.domain.code import partition_of
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.shared_keys import find_wrong_keys
from tests.redirect.conftest import PHONE, WireDoor

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
# Which key is of another kind, and whose tap meets it.
DAMAGES: dict[str, tuple[Callable[[str], str], str]] = {
    "due callbacks": (keys.due_callbacks, PHONE),
    "events, at a click": (keys.events, PHONE),
    "events, at a hit of a machine": (keys.events, BOT),
    "closed accounts": (keys.closed_accounts, PHONE),
}


@pytest.fixture(params=list(DAMAGES.values()), ids=list(DAMAGES))
def damage(request: pytest.FixtureRequest, store: redis.Redis, tracked: Message) -> tuple[str, str]:
    """Put something of another kind in the place of a key; gives its name, and the agent of whoever meets it."""
    name_of, agent = request.param
    name = name_of(partition_of(tracked.code))
    store.delete(name)
    store.set(name, "of another kind")
    return name, agent


def test_a_tap_in_a_damaged_partition_is_a_page_and_stores_nothing(
    door: WireDoor, store: redis.Redis, tracked: Message, damage: tuple[str, str]
) -> None:
    before = store.hgetall(keys.record(tracked.code))
    answer = door.ask(f"/{tracked.code}", agent=damage[1])
    assert answer.status == 500
    assert "ask the sender" in answer.text
    assert {name: value for name, value in store.hgetall(keys.record(tracked.code)).items() if value != "0"} == before


def test_the_log_names_the_key_once_and_without_a_trace(
    open_door: Callable[..., Any], tracked: Message, damage: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), open_door() as door:
        assert [door.ask(f"/{tracked.code}", agent=damage[1]).status for _ in range(5)] == [500] * 5
    (told,) = caplog.records
    assert damage[0] in told.getMessage()
    assert told.exc_info is None


def test_a_key_of_another_kind_is_named_to_whoever_looks_after_the_store(
    services: Services, valkey_url: str, damage: tuple[str, str]
) -> None:
    (word,) = find_wrong_keys(connect(valkey_url))
    assert word.startswith(f"{damage[0]} is no ")


def test_a_tap_leads_on_and_counts_as_soon_as_the_key_is_mended(
    door: WireDoor, store: redis.Redis, tracked: Message, damage: tuple[str, str]
) -> None:
    door.ask(f"/{tracked.code}", agent=damage[1])
    store.delete(damage[0])
    assert door.ask(f"/{tracked.code}", agent=PHONE).status == 302
    assert store.hget(keys.record(tracked.code), "h") == "1"
    assert store.zcard(keys.due_callbacks(partition_of(tracked.code))) == 1
