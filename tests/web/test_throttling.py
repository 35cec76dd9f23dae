"""Rate limits of an account."""

from __future__ import annotations

from collections.abc import Callable

import redis

from shortlink.storage.connection import Store
from shortlink.storage.limits import LimitStore
from shortlink.web.body import MAX_BODY
from tests.web.conftest import FORM, SMS, Caller


def test_429_in_the_contracts_words_and_headers(open_api: Callable[..., Caller]) -> None:
    caller = open_api(send_rate=0.1)
    assert caller.post(data=SMS).status_code == 201
    answer = caller.post(data=SMS)
    assert answer.status_code == 429
    wait = int(answer.headers["Retry-After"])
    assert answer.get_json() == {"detail": f"Request was throttled. Expected available in {wait} seconds."}
    assert 1 < wait <= 10
    assert answer.headers["RateLimit"].startswith('"send";r=0;t=')
    assert answer.headers["RateLimit-Policy"] == '"send";q=1;w=10'


def test_one_second_is_singular(open_api: Callable[..., Caller]) -> None:
    caller = open_api(send_rate=1.0)
    answers = [caller.post(data=SMS) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert answers[-1].get_json() == {"detail": "Request was throttled. Expected available in 1 second."}


def test_429_comes_before_faults_of_the_body(open_api: Callable[..., Caller]) -> None:
    caller = open_api(send_rate=0.1)
    assert caller.post(data={}).status_code == 400
    assert caller.post(data={}).status_code == 429
    assert caller.post(data=b"{", content_type="application/json").status_code == 429
    assert caller.post(data=b"x" * (MAX_BODY + 1), content_type=FORM).status_code == 429


def test_what_is_left_is_told_with_each_answer(open_api: Callable[..., Caller]) -> None:
    assert open_api(send_rate=5.0).post(data=SMS).headers["RateLimit"].startswith('"send";r=49;t=')


def test_a_repeat_is_not_throttled_by_its_own_first_try(open_api: Callable[..., Caller]) -> None:
    caller = open_api(send_rate=0.1)
    first, second = (caller.post(data=SMS, headers={"Idempotency-Key": "k"}) for _ in "12")
    assert (second.status_code, second.get_json()) == (201, first.get_json())
    assert second.headers["RateLimit"].startswith('"send";r=0;')
    assert caller.post(data=SMS, headers={"Idempotency-Key": "other"}).status_code == 429
    another = caller.post(data=SMS | {"message": "another"}, headers={"Idempotency-Key": "k"})
    assert another.status_code == 422


def test_lists_have_a_limit_of_their_own(open_api: Callable[..., Caller]) -> None:
    caller = open_api(list_rate=0.001)
    codes = [caller.get("/sms/messages/").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    assert caller.get("/sms/messages").status_code == 429
    assert caller.post(data=SMS).status_code == 201


def test_links_are_not_switched_without_end(open_api: Callable[..., Caller], client: Store) -> None:
    caller, limits = open_api(), LimitStore(client)
    path = f"/sms/messages/{caller.send(track_link='true')}"
    assert caller.post(f"{path}/link/disable").headers["RateLimit"].startswith('"switch";r=9999;')
    lent = limits.take_steps("switch", caller.sid, rate=50.0, burst=1, count=20_000)  # to come back first
    limits.perform(lent)
    refused = caller.post(f"{path}/link/enable")
    assert refused.status_code == 429
    assert refused.get_json()["detail"].startswith("Request was throttled.")
    assert caller.get(path).get_json()["link_tracking"]["disabled"] is True


def test_in_a_full_store_a_link_can_be_switched_off_and_messages_be_listed(
    open_api: Callable[..., Caller], store: redis.Redis
) -> None:
    caller = open_api(list_rate=0.2)
    path = f"/sms/messages/{caller.send(track_link='true')}"
    store.config_set("maxmemory", "1")
    try:
        switched = caller.post(f"{path}/link/disable")
        listed = caller.get("/sms/messages/")
        refused = caller.post(data=SMS)
    finally:
        store.config_set("maxmemory", "0")
    assert (switched.status_code, switched.get_json()["link_tracking"]["disabled"]) == (200, True)
    assert (listed.status_code, len(listed.get_json())) == (200, 1)
    assert refused.status_code == 503


def test_an_accounts_own_rate_overrides_the_settings(open_api: Callable[..., Caller]) -> None:
    slow, free = open_api(send_rate=100.0, own_send_rate=0.1), open_api(send_rate=0.1, own_send_rate=0.0)
    assert [slow.post(data=SMS).status_code for _ in "12"] == [201, 429]
    assert [free.post(data=SMS).status_code for _ in "12"] == [201, 201]


def test_one_accounts_limit_is_not_anothers(open_api: Callable[..., Caller]) -> None:
    callers = [open_api(send_rate=0.1) for _ in "12"]
    assert [caller.post(data=SMS).status_code for caller in callers] == [201, 201]
