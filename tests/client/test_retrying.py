"""When a client tries again, and what it raises in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from werkzeug import Response

from shortlink.client import (
    AsyncClient,
    Client,
    ClientError,
    ConnectionFailed,
    Draft,
    Forbidden,
    Retrying,
    ServerError,
    ServiceUnavailable,
    Throttled,
    calls,
)
from tests.client.conftest import Script, answer

Start = Callable[..., tuple[str, Script]]
SENT = answer(201, {"msgid": "m1"})
NOWHERE = "http://127.0.0.1:1"


def make(url: str, script: Script, **options: int) -> Client:
    return Client(url, "SL1", "slk_t", sleep=script.sleep, retrying=Retrying(**options))


def send(client: Client) -> str:
    return client.send("Hi", to="+818011234567", sender="shop").msgid


def test_a_send_is_repeated_with_the_same_key_until_it_is_accepted(script: Start) -> None:
    url, asked = script(answer(500), answer(503, Retry_After="2"), answer(429, Retry_After="3"), SENT)
    with make(url, asked) as client:
        assert send(client) == "m1"
    assert len({one.headers["Idempotency-Key"] for one in asked.asked}) == 1
    assert len({one.get_data() for one in asked.asked}) == 1
    assert asked.waits[1:] == [2.0, 3.0]
    assert 0.3 < asked.waits[0] < 0.7


def test_the_last_error_is_raised_when_the_tries_are_used_up(script: Start) -> None:
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "The store is away."}
    url, asked = script(*[answer(503, problem, Retry_After="1", X_Request_Id="r1") for _ in range(2)])
    with make(url, asked, tries=2) as client, pytest.raises(ServiceUnavailable) as caught:
        send(client)
    assert (caught.value.text, caught.value.request_id, caught.value.retry_after) == ("The store is away.", "r1", 1.0)


def test_a_wait_beyond_the_patience_is_not_waited_for(script: Start) -> None:
    url, asked = script(answer(429, {"detail": "Request was throttled."}, Retry_After="31"))
    with make(url, asked) as client, pytest.raises(Throttled):
        send(client)
    assert asked.waits == []


def test_what_would_do_a_second_thing_is_not_repeated_unless_nothing_was_done(script: Start) -> None:
    url, asked = script(answer(429), answer(500))
    with make(url, asked) as client, pytest.raises(ServerError):
        client.create_webhook("https://shop.test/", ["link.clicked"])
    assert len(asked.asked) == 2


def test_an_error_that_no_repeat_mends_is_raised_at_once(script: Start) -> None:
    url, asked = script(answer(403, {"recipient": ["Country not allowed"]}))
    with make(url, asked) as client, pytest.raises(Forbidden) as caught:
        send(client)
    assert caught.value.fields == {"recipient": ["Country not allowed"]}
    assert asked.waits == []


def test_no_answer_at_all_is_an_error_of_its_own() -> None:
    waits: list[float] = []
    with Client(NOWHERE, "SL1", "t", sleep=waits.append) as client, pytest.raises(ConnectionFailed):
        send(client)
    assert len(waits) == 3


def test_a_broken_connection_repeats_nothing_that_would_be_done_twice() -> None:
    waits: list[float] = []
    with Client(NOWHERE, "SL1", "t", sleep=waits.append) as client, pytest.raises(ConnectionFailed):
        client.create_webhook("https://shop.test/", ["link.clicked"])
    assert waits == []


def test_an_answer_in_another_shape_is_said_so(script: Start) -> None:
    url, asked = script(answer(201, {"other": 1}))
    with make(url, asked) as client, pytest.raises(ClientError, match=r"another shape .*; is it at this address"):
        send(client)


def test_a_redirect_is_no_answer_and_takes_no_credentials_elsewhere(script: Start) -> None:
    url, asked = script(answer(302, Location=f"{NOWHERE}/"))
    with make(url, asked) as client, pytest.raises(ClientError, match="302"):
        client.get("m1")


def test_the_asynchronous_client_is_as_patient(script: Start) -> None:
    url, asked = script(answer(503, Retry_After="2"), SENT)

    async def journey() -> str:
        async with AsyncClient(url, "SL1", "t", sleep=asked.asleep) as client:
            with pytest.raises(ConnectionFailed):
                await AsyncClient(NOWHERE, "SL1", "t", sleep=asked.asleep, retrying=Retrying(tries=1)).get("m1")
            return (await client.send("Hi", to="+818011234567", sender="shop")).msgid

    assert asyncio.run(journey()) == "m1"
    assert asked.waits == [2.0]


DRAFTS = [Draft(f"Hi {number}", "+818011234567", "shop") for number in range(5)]


def batch(*numbers: int) -> Response:
    return answer(200, [{"msgid": f"m{number}"} for number in numbers])


def test_behind_its_first_part_a_crowd_waits_for_its_turn_however_long(
    script: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 3)
    url, asked = script(batch(0, 1, 2), answer(429, Retry_After="90"), batch(3, 4))
    with make(url, asked) as client:
        assert [one.msgid for one in client.send_many(DRAFTS)] == ["m0", "m1", "m2", "m3", "m4"]
    assert asked.waits == [90]


def test_a_crowd_whose_first_answer_was_lost_waits_for_its_turn_however_long(script: Start) -> None:
    url, asked = script(*[answer(500), answer(429, Retry_After="90"), batch(0, 1, 2, 3, 4)] * 2)
    with make(url, asked) as client:
        assert len(client.send_many(DRAFTS, idempotency_key="k")) == 5

    async def again() -> None:
        async with AsyncClient(url, "SL1", "t", sleep=asked.asleep) as client:
            assert len(await client.send_many(DRAFTS, idempotency_key="k")) == 5

    asyncio.run(again())
    assert asked.waits[1::2] == [90, 90]
    assert {one.headers["Idempotency-Key"] for one in asked.asked} == {"k-0"}


def test_a_crowd_of_which_nothing_was_sent_does_not_wait_beyond_the_patience(script: Start) -> None:
    url, asked = script(answer(429, Retry_After="90"))
    with make(url, asked) as client, pytest.raises(Throttled):
        client.send_many(DRAFTS)
    assert asked.waits == []


def test_one_message_does_not_wait_beyond_the_patience_behind_a_lost_answer(script: Start) -> None:
    url, asked = script(answer(500), answer(429, Retry_After="90"))
    with make(url, asked) as client, pytest.raises(Throttled):
        send(client)
    assert len(asked.waits) == 1


def test_a_crowd_that_was_cut_short_says_how_far_it_came_and_how_to_go_on(
    script: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 3)
    url, asked = script(batch(0, 1, 2), answer(500), batch(0, 1, 2), batch(3, 4))
    with make(url, asked, tries=1) as client:
        with pytest.raises(ServerError) as cut_short:
            client.send_many(DRAFTS)
        error = cut_short.value
        assert [one.msgid for one in error.entries] == ["m0", "m1", "m2"]
        assert f"idempotency_key={error.idempotency_key!r}" in "".join(error.__notes__)
        client.send_many(DRAFTS, idempotency_key=error.idempotency_key)
    first, second, again, rest = [one.headers["Idempotency-Key"] for one in asked.asked]
    assert (first, second) == (again, rest)


def test_the_async_client_says_it_too(script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 3)
    url, asked = script(batch(0, 1, 2), answer(429, Retry_After="90"), answer(403))

    async def journey() -> None:
        async with AsyncClient(url, "SL1", "t", sleep=asked.asleep) as client:
            with pytest.raises(Forbidden) as cut_short:
                await client.send_many(DRAFTS)
            assert len(cut_short.value.entries) == 3

    asyncio.run(journey())
    assert asked.waits == [90]


@pytest.mark.parametrize("wait", ["90000", "9" * 400])
def test_nobody_waits_longer_than_a_day_for_his_turn(script: Start, monkeypatch: pytest.MonkeyPatch, wait: str) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 3)
    url, asked = script(batch(0, 1, 2), answer(429, Retry_After=wait))
    with make(url, asked) as client, pytest.raises(Throttled) as cut_short:
        client.send_many(DRAFTS)
    assert len(cut_short.value.entries) == 3


def test_who_is_told_to_stop_while_waiting_learns_the_key(script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 3)
    url, _ = script(batch(0, 1, 2), answer(429, Retry_After="90"))

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with Client(url, "SL1", "slk_t", sleep=stop) as client, pytest.raises(KeyboardInterrupt) as stopped:
        client.send_many(DRAFTS, idempotency_key="campaign-7")
    assert "idempotency_key='campaign-7'" in "".join(stopped.value.__notes__)
