"""The dispatcher's housekeeper: says what it did, and nothing stops it."""

from __future__ import annotations

import logging
import time

import pytest
import redis

from shortlink.bootstrap.house import build_house_desk, build_key_watch
from shortlink.config import Settings
from shortlink.storage import keys
from worker.housekeeper import keep_house_once, start_housekeeper


def test_what_was_done_is_logged(valkey_url: str, store: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keep_house_once(build_house_desk(Settings(redis_url=valkey_url)))
    assert "kept house: 0 texts blanked, 0 events trimmed" in caplog.text


def test_a_store_that_is_away_is_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    keep_house_once(build_house_desk(Settings(redis_url="unix:///nowhere.sock")))
    assert "the house is kept later" in caplog.text


def test_any_other_failure_is_survived_too(
    valkey_url: str, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    store.set(keys.ACCOUNTS, "no set")
    keep_house_once(build_house_desk(Settings(redis_url=valkey_url)))
    assert "it is tried again" in caplog.text
    assert store.get(keys.HOUSEKEEPING) is None


def test_it_begins_by_itself(valkey_url: str, store: redis.Redis) -> None:
    settings = Settings(redis_url=valkey_url)
    start_housekeeper(build_house_desk(settings), build_key_watch(settings))
    deadline = time.monotonic() + 5
    while store.get(keys.HOUSEKEEPING) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert store.get(keys.HOUSEKEEPING) == "1"
