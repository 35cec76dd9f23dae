"""What of a visitor is kept: the verdict, and neither address nor user agent."""

from __future__ import annotations

from collections.abc import Callable

import redis

from shortlink.domain.message import Message
from tests.web.conftest import PHONE, SMS, Caller

ADDRESS = "203.0.113.77"


def everything(store: redis.Redis) -> str:
    """Dump every key with its value, as text."""
    read: dict[str, Callable[[str], object]] = {
        "hash": store.hgetall,
        "list": lambda key: store.lrange(key, 0, -1),
        "set": store.smembers,
        "stream": store.xrange,
        "string": store.get,
        "zset": lambda key: store.zrange(key, 0, -1),
    }
    return "\n".join(f"{key} {read[str(store.type(key))](key)}" for key in store.scan_iter())


def test_no_client_address_and_no_user_agent_is_stored(api: Caller, tracked: Message, store: redis.Redis) -> None:
    seen_from = {"REMOTE_ADDR": ADDRESS}
    headers = {"User-Agent": PHONE, "X-Forwarded-For": ADDRESS}
    assert api.client.get(f"/{tracked.code}", headers=headers, environ_overrides=seen_from).status_code == 302
    assert api.client.get("/zzzzzzzzz", headers=headers, environ_overrides=seen_from).status_code == 404
    assert api.post(data=SMS, headers=headers, environ_overrides=seen_from).status_code == 201
    kept = everything(store)
    assert tracked.code in kept
    assert f"c{tracked.code} h " in kept
    assert ADDRESS not in kept
    assert "iPhone" not in kept
