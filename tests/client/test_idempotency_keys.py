"""Which idempotency keys are taken, and that a request that can never be sent is not tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shortlink.client import AsyncClient, Client, ConnectionFailed, Draft, InvalidArgument, Retrying
from shortlink.client.idempotency import MAX_LENGTH, key_of
from shortlink.web.xoxzo.idempotency import read_idempotency_key
from tests.client.conftest import Script, answer

TO = "+818011234567"
DAY: Any = date(2026, 11, 20)  # as somebody passes it who checks no types
REFUSED = ["", " ", " a ", "a ", "a\nb", "a\x7f", "é", "\ud800", '""', "k" * (MAX_LENGTH + 1)]


def test_the_number_of_an_order_is_a_key(script: Callable[..., tuple[str, Script]]) -> None:
    url, asked = script(answer(201, {"msgid": "m1"}), answer(200, [{"msgid": "m2"}]), answer(201, {"msgid": "m1"}))
    with Client(url, "SL1", "t") as client:
        assert client.send("Hi", to=TO, sender="shop", idempotency_key=4711).idempotency_key == "4711"
        client.send_many([Draft("Hi", TO, "shop")], idempotency_key=4711)

    async def send() -> None:
        async with AsyncClient(url, "SL1", "t") as client:
            await client.send("Hi", to=TO, sender="shop", idempotency_key=0)

    asyncio.run(send())
    assert [one.headers["Idempotency-Key"] for one in asked.asked] == ["4711", "4711-0", "0"]


@pytest.mark.parametrize("key", [*REFUSED, True, b"k", 1.5])
def test_a_key_that_cannot_be_one_is_told_at_once(key: Any) -> None:
    waits: list[float] = []
    with Client("http://127.0.0.1:1", "SL1", "t", sleep=waits.append) as client:
        with pytest.raises(InvalidArgument, match="an idempotency key is"):
            client.send("Hi", to=TO, sender="shop", idempotency_key=key)
        with pytest.raises(InvalidArgument, match="an idempotency key is"):
            client.send_many([], idempotency_key=key)
    assert waits == []


@pytest.mark.parametrize("key", ["k", '"', '"k"', "a b", "k" * MAX_LENGTH, "~!"])
def test_what_the_api_takes_is_taken_as_it_is(key: str) -> None:
    assert key_of(key) == key
    assert read_idempotency_key(key)


def test_only_none_draws_a_key() -> None:
    assert len({key_of(None), key_of(None)}) == 2


@pytest.mark.parametrize(
    ("url", "msgid"),
    [
        pytest.param("sms.test", "m1", id="no scheme"),
        pytest.param("ftp://sms.test", "m1", id="another scheme"),
        pytest.param("http://", "m1", id="no host"),
        pytest.param("http://127.0.0.1:1", "\ud800", id="no text"),
    ],
)
def test_what_can_never_be_sent_is_neither_tried_again_nor_called_a_broken_connection(url: str, msgid: str) -> None:
    waits: list[float] = []
    with pytest.raises(InvalidArgument), Client(url, "SL1", "t", sleep=waits.append) as client:
        list(client.events(msgid=msgid))

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def read() -> None:
        async with AsyncClient(url, "SL1", "t", sleep=wait) as client:
            [one async for one in client.events(msgid=msgid)]

    with pytest.raises(InvalidArgument):
        asyncio.run(read())
    assert waits == []


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda it: it.list(since="2026-11-20"), id="list"),
        pytest.param(lambda it: it.redeliver_days(since="2026-11-20", until="2026-11-21"), id="redeliver_days"),
        pytest.param(lambda it: it.replay_webhook("wh_1", since=DAY, until=DAY), id="replay_webhook"),
        pytest.param(lambda it: it.log_files(DAY), id="log_files"),
    ],
)
def test_a_day_or_time_of_another_type_is_refused_by_its_name(call: Callable[[Client], object]) -> None:
    with Client("http://127.0.0.1:1", "SL1", "t") as client, pytest.raises(InvalidArgument, match="2026"):
        call(client)


def test_a_log_is_not_opened_at_what_is_no_address() -> None:
    with Client("sms.test", "SL1", "t") as client, pytest.raises(InvalidArgument), client.open_log("clicks.log"):
        pass

    async def read() -> None:
        async with AsyncClient("sms.test", "SL1", "t") as client, client.open_log("clicks.log"):
            pass

    with pytest.raises(InvalidArgument):
        asyncio.run(read())


def test_a_host_that_nobody_reaches_is_still_a_broken_connection() -> None:
    with (
        Client("http://127.0.0.1:1", "SL1", "t", retrying=Retrying(tries=1)) as client,
        pytest.raises(ConnectionFailed),
    ):
        client.get("m1")
