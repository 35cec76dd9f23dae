"""Redelivery and the link switch, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.config import Settings
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from tests.web.conftest import PHONE, Caller

HOOK = "https://shop.test/hook"


@pytest.fixture
def clicked(api: Caller) -> str:
    msgid = api.send(track_link="true", lt_callbackurl=HOOK)
    code = api.status(msgid)["link_tracking"]["shortlink"].rpartition("/")[2]
    api.client.get(f"/{code}", headers={"User-Agent": PHONE})
    return msgid


def exhaust(services: Services, msgid: str) -> str:
    message = services.messages.get(msgid)
    claim = services.callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
    assert claim is not None
    attempt = Attempt(at=1, duration_ms=1, status_code=500)
    services.callbacks.finish(claim, attempt, state=CallbackState.EXHAUSTED)
    return claim.callback.id


def test_an_ended_callback_is_redelivered_on_request(api: Caller, services: Services, clicked: str) -> None:
    event_id = exhaust(services, clicked)
    answer = api.post(f"/sms/messages/{clicked}/callbacks/{event_id}/redeliver")
    assert (answer.status_code, answer.get_json()) == (202, {"id": event_id, "state": "pending", "reopened": True})
    (callback,) = api.get(f"/sms/messages/{clicked}/callbacks/").get_json()
    assert callback["state"] == "pending"


def test_an_unknown_callback_is_404(api: Caller, clicked: str) -> None:
    assert api.post(f"/sms/messages/{clicked}/callbacks/nonsense/redeliver/").status_code == 404


def test_a_range_is_redelivered(api: Caller, services: Services, clicked: str) -> None:
    exhaust(services, clicked)
    today = datetime.now(UTC).date()
    span = {"from": str(today - timedelta(1)), "to": str(today + timedelta(1))}
    assert api.post("/sms/callbacks/redeliver/", json=span).get_json() == {"redelivering": 1}
    assert api.post("/sms/callbacks/redeliver", json=span).get_json() == {"redelivering": 0}


def test_redeliveries_have_a_limit_and_a_range_counts_as_ten(api: Caller, clicked: str) -> None:
    path, today = f"/sms/messages/{clicked}/callbacks/{clicked}-click/redeliver", str(datetime.now(UTC).date())
    answers = [api.post("/sms/callbacks/redeliver", json={"from": today, "to": today}) for _ in range(20)]
    codes = [answer.status_code for answer in answers]
    assert codes[:6] == [202] * 6
    assert codes.count(202) <= 7
    assert answers[0].headers["RateLimit-Policy"] == '"redeliver";q=60;w=60'
    assert answers[0].headers["RateLimit"].startswith('"redeliver";r=50;')
    assert codes[-1] == 429
    wait = int(answers[-1].headers["Retry-After"])
    assert answers[-1].get_json() == {"detail": f"Request was throttled. Expected available in {wait} seconds."}
    assert 429 in {api.post(path).status_code for _ in range(12)}


def test_an_installation_can_set_no_limit_for_redeliveries(open_api: Callable[..., Caller]) -> None:
    caller, day = open_api(redeliver_rate=0.0), str(datetime.now(UTC).date())
    answers = [caller.post("/sms/callbacks/redeliver", json={"from": day, "to": day}) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {202}
    assert "RateLimit" not in answers[0].headers


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, {"from", "to"}),
        ({"from": "yesterday", "to": "2026-01-02"}, {"from"}),
        ({"from": "2026-01-02", "to": "2026-01-01"}, {"to"}),
        ({"from": "2020-01-02", "to": "2026-01-01"}, {"to"}),
        ({"from": 5, "to": None}, {"from", "to"}),
        ({"from": 20260101, "to": "20260102"}, {"from", "to"}),
        ({"from": "2026-W01-1", "to": "2026-01-01T00"}, {"from", "to"}),
    ],
)
def test_a_wrong_range_is_explained(api: Caller, given: dict[str, object], faults: set[str]) -> None:
    answer = api.post("/sms/callbacks/redeliver/", json=given)
    assert answer.status_code == 400
    assert set(answer.get_json()) == faults


def test_a_link_is_switched_off_and_on(api: Caller) -> None:
    msgid = api.send(track_link="true")
    code = api.status(msgid)["link_tracking"]["shortlink"].rpartition("/")[2]
    assert api.post(f"/sms/messages/{msgid}/link/disable").get_json()["link_tracking"]["disabled"] is True
    assert api.client.get(f"/{code}").status_code == 410
    assert api.post(f"/sms/messages/{msgid}/link/enable/").get_json()["link_tracking"]["disabled"] is False
    assert api.client.get(f"/{code}").status_code == 302


def test_a_switch_through_the_api_is_noted_as_such(api: Caller, settings: Settings) -> None:
    msgid = api.send(track_link="true")
    code = api.status(msgid)["link_tracking"]["shortlink"].rpartition("/")[2]
    for _ in range(2):
        api.post(f"/sms/messages/{msgid}/link/disable")
    [_, *entries] = Inspector(connect(settings.redis_url)).events(msgid[0])
    assert [(entry.subject, entry.value, entry.detail) for entry in entries] == [(code, "off", "api")]


def test_the_link_of_a_damaged_message_is_switched_and_the_answer_says_both(api: Caller, store: redis.Redis) -> None:
    msgid = api.send(track_link="true")
    code = api.status(msgid)["link_tracking"]["shortlink"].rpartition("/")[2]
    store.hdel(keys.record(code), "f")
    answer = api.post(f"/sms/messages/{msgid}/link/disable")
    assert answer.status_code == 500
    assert answer.get_json()["detail"] == (
        "The link is switched off; otherwise, the record of this message cannot be read: its field 'f' is missing."
    )
    assert api.client.get(f"/{code}").status_code == 410


def test_a_message_without_a_link_has_no_switch(api: Caller) -> None:
    assert api.post(f"/sms/messages/{api.send()}/link/disable").status_code == 404


def test_guessing_codes_is_slowed_down(api: Caller, services: Services) -> None:
    answers = [api.client.get(f"/{services.mint.draw()}").status_code for _ in range(40)]
    assert answers == [404] * 30 + [429] * 10
    assert "Retry-After" in api.client.get(f"/{services.mint.draw()}").headers


def test_a_wrong_word_in_the_path_does_not_use_up_the_allowance(api: Caller) -> None:
    assert {api.client.get("/wp-login.php").status_code for _ in range(50)} == {404}


def test_the_store_forgets_nothing_when_a_link_is_disabled(api: Caller, store: redis.Redis, clicked: str) -> None:
    before = api.status(clicked)["link_tracking"]["clicks"]
    api.post(f"/sms/messages/{clicked}/link/disable")
    assert api.status(clicked)["link_tracking"]["clicks"] == before == 1
