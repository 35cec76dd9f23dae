"""The express lane answers as the Flask view does, or leaves a request to it."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
import redis

from shortlink.bootstrap.doors import Services, build, build_line
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage import keys
from shortlink.web.app import create_app
from shortlink.web.body import MAX_BODY
from shortlink.web.express import Answer, ExpressLane
from tests.web.conftest import FORM, PROBLEM, SMS

TRACKED = SMS | {"track_link": "true", "lt_callbackurl": "https://shop.test/click", "tags": "a,b"}


class Both:
    """The lane and the app, side by side on one store."""

    def __init__(self, settings: Settings, *, own_send_rate: float | None = None) -> None:
        self.settings = settings
        self.services: Services = build(settings)
        self.account = open_accounts(settings).add("Test", send_rate=own_send_rate)
        self.login = f"{self.account.sid}:{self.account.auth_token}"
        self.client = create_app(self.services).test_client()

    def express(self, body: bytes, **headers: str | None) -> Answer | None:
        async def run() -> Answer | None:
            lane = ExpressLane(self.services, build_line(self.settings))
            try:
                answer = await lane.send(self._headers(body, headers), body)
                return answer and (answer[0], [(name.lower(), value) for name, value in answer[1]], answer[2])
            finally:
                lane.close()
                await asyncio.sleep(0)

        return asyncio.run(run())

    def view(self, body: bytes, **headers: str | None) -> Answer:
        answer = self.client.post("/sms/messages/", data=body, headers=self._headers(body, headers))
        return answer.status_code, [(name.lower(), value) for name, value in answer.headers.items()], answer.get_data()

    def _headers(self, body: bytes, given: dict[str, str | None]) -> dict[str, str]:
        usual: dict[str, str | None] = {
            "authorization": "Basic " + base64.b64encode(self.login.encode()).decode(),
            "content-type": FORM,
            "content-length": str(len(body)),
        }
        headers = usual | {name.replace("_", "-"): value for name, value in given.items()}
        return {name: value for name, value in headers.items() if value is not None}


@pytest.fixture
def both(settings: Settings, store: redis.Redis) -> Both:
    return Both(settings)


def form(**changes: Any) -> bytes:
    return urlencode(TRACKED | changes).encode()


def alike(answer: Answer | None) -> tuple[Any, ...]:
    """What two answers to the same request share: all but ids, and the length that only one of them writes itself."""
    assert answer is not None
    status, headers, body = answer
    names = {name: value for name, value in headers if name not in ("x-request-id", "content-length")}
    content = json.loads(body)
    for accepted in content if isinstance(content, list) else [content]:
        if "msgid" in accepted:
            assert len(accepted.pop("msgid")) == 32
    assert any(name == "x-request-id" and value for name, value in headers)
    assert len(headers) == len({name for name, _ in headers}), "a header came twice"
    return status, names, content


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(form(), {}, id="a form"),
        pytest.param(json.dumps(TRACKED).encode(), {"content_type": "application/json"}, id="JSON"),
        pytest.param(form(message="no link here"), {}, id="no link"),
        pytest.param(form(message="x" * 700), {}, id="too long"),
        pytest.param(form(), {"x_request_id": "mine-1"}, id="a named request"),
        pytest.param(form(unknown="1"), {}, id="a field that we do not have"),
    ],
)
def test_both_answer_the_same(both: Both, body: bytes, headers: dict[str, str]) -> None:
    assert alike(both.express(body, **headers)) == alike(both.view(body, **headers))


def test_both_write_the_same_record(both: Both) -> None:
    by_lane, by_view = both.express(form()), both.view(form())
    assert by_lane is not None
    records = []
    for answer in (by_lane, by_view):
        message = both.services.messages.get(json.loads(answer[2])[0]["msgid"])
        link = replace(message.link, code="", short_url="", expires_at=0) if message.link else None
        records.append(replace(message, id="", code="", text=message.text[:20], accepted_at=0, link=link))
    assert records[0] == records[1]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(form(recipient="0801"), {}, id="a fault in a field"),
        pytest.param(form(message="\u200b"), {}, id="a message of which nothing is seen"),
        pytest.param(b"", {}, id="no body"),
        pytest.param(form(), {"authorization": None}, id="nobody"),
        pytest.param(form(), {"authorization": "Basic %%%"}, id="no base64"),
        pytest.param(form(), {"authorization": "Basic \xc3\xa9"}, id="credentials that are not ASCII"),
        pytest.param(form(), {"authorization": "Basic " + base64.b64encode(b"a:b").decode()}, id="a stranger"),
        pytest.param(form(), {"content_type": f"{FORM}; charset=utf-8"}, id="a charset"),
        pytest.param(form(), {"content_type": None}, id="no content type"),
        pytest.param(form(), {"content_encoding": "gzip"}, id="packed"),
        pytest.param(form(), {"content_length": "9"}, id="another length"),
        pytest.param(form(), {"content_length": None}, id="no length"),
        pytest.param(form(), {"idempotency_key": ""}, id="an empty key"),
        pytest.param(form(), {"idempotency_key": "caf\xe9"}, id="a key that is not ASCII"),
        pytest.param(b"\xff=1", {}, id="not UTF-8"),
        pytest.param(b"{", {"content_type": "application/json"}, id="not JSON"),
        pytest.param(form(unknown="y" * MAX_BODY), {}, id="too large"),
    ],
)
def test_what_is_unusual_is_left_to_the_view_and_nothing_is_stored(
    both: Both, store: redis.Redis, body: bytes, headers: dict[str, str | None]
) -> None:
    before = store.dbsize()
    assert both.express(body, **headers) is None
    assert store.dbsize() == before


def test_a_repeat_is_answered_with_the_same_id_whoever_accepted_it(both: Both) -> None:
    by_view = both.view(form(), idempotency_key="k")
    status, headers, body = both.express(form(), idempotency_key="k") or pytest.fail("left to the view")
    assert (status, body) == (201, by_view[2])
    assert ("idempotent-replayed", "true") in headers


def test_a_key_used_for_another_request_is_422_on_both(both: Both) -> None:
    both.express(form(), idempotency_key="k")
    other = form(message="another")
    by_lane = alike(both.express(other, idempotency_key="k"))
    assert by_lane == alike(both.view(other, idempotency_key="k"))
    assert by_lane[0] == 422


def test_both_count_into_one_limit_and_refuse_in_the_same_words(settings: Settings, store: redis.Redis) -> None:
    both = Both(settings, own_send_rate=0.1)  # one at once, the next after ten seconds
    first = both.express(form())
    assert first is not None
    assert first[0] == 201
    assert dict(first[1])["ratelimit"].startswith('"send";r=0;')
    by_lane, by_view = both.express(form()), both.view(form())
    assert alike(by_lane) == alike(by_view)
    assert alike(by_lane)[0] == 429


def test_both_let_a_repeat_in_that_its_first_try_left_no_room_for(settings: Settings, store: redis.Redis) -> None:
    both = Both(settings, own_send_rate=0.1)
    first = both.express(form(), idempotency_key="k") or pytest.fail("left to the view")
    by_lane, by_view = both.express(form(), idempotency_key="k"), both.view(form(), idempotency_key="k")
    assert alike(by_lane) == alike(by_view)
    assert by_lane is not None
    assert (by_lane[0], by_lane[2]) == (201, first[2])
    fresh = [both.express(form(), idempotency_key="l"), both.view(form(), idempotency_key="l")]
    assert [one and one[0] for one in fresh] == [429, 429]


def test_a_number_that_opted_out_is_refused_in_the_same_words(both: Both) -> None:
    both.services.opt_outs.change(both.account.sid, SMS["recipient"], out=True, reason=OptOutReason.WORD)
    by_lane, by_view = alike(both.express(form())), alike(both.view(form()))
    assert by_lane == by_view
    assert by_lane[0] == 400


@pytest.mark.parametrize("field", ["name", "token_hash", "send_rate"])
def test_an_account_that_cannot_be_read_is_told_in_the_same_words_and_by_its_sid(
    both: Both, store: redis.Redis, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.hset(keys.account(both.account.sid), field, b"\xff")
    answers = [ask(urlencode(SMS).encode()) for ask in (both.express, both.view)]
    for answer in answers:
        assert answer is not None
        assert answer[0] == 500
        assert dict(answer[1])["content-type"] == PROBLEM
        assert both.account.sid in json.loads(answer[2])["detail"]
    assert {record.exc_info for record in caplog.records} <= {None}


def test_an_account_that_is_no_hash_is_the_same_problem_on_both(both: Both, store: redis.Redis) -> None:
    store.set(keys.account(both.account.sid), "no hash")
    express, view = both.express(urlencode(SMS).encode()), both.view(urlencode(SMS).encode())
    assert express is not None
    assert express[2] == view[2]
    assert "ask them" in json.loads(view[2])["detail"]


def test_a_lost_store_is_503_on_both(both: Both, lost_store: Settings) -> None:
    both.settings, both.services = lost_store, build(lost_store)
    both.client = create_app(both.services).test_client()
    by_lane, by_view = alike(both.express(form())), alike(both.view(form()))
    assert by_lane == by_view
    assert by_lane[0] == 503


@pytest.mark.parametrize(("text", "status"), [("Hello", 403), ("x" * 700, 400)])
def test_a_forbidden_country_is_403_alone_and_a_fault_among_others_on_both(
    settings: Settings, store: redis.Redis, text: str, status: int
) -> None:
    both = Both(replace(settings, countries=frozenset({"JP"})))
    abroad = form(recipient="+14155552671", message=text)
    by_lane, by_view = alike(both.express(abroad)), alike(both.view(abroad))
    assert by_lane == by_view
    assert by_lane[0] == status


@pytest.mark.parametrize(("allowed", "status"), [("refuse", 403), ("allow", 201)])
def test_a_premium_rate_number_is_taken_by_setting_alone_on_both(
    settings: Settings, store: redis.Redis, allowed: Literal["refuse", "allow"], status: int
) -> None:
    both = Both(replace(settings, costly_numbers=allowed))
    costly = form(recipient="+19005550123")
    by_lane, by_view = alike(both.express(costly)), alike(both.view(costly))
    assert by_lane == by_view
    assert by_lane[0] == status


def test_asking_shorteners_where_they_lead_never_holds_up_the_lane(settings: Settings, store: redis.Redis) -> None:
    assert Both(replace(settings, public_shorteners="unwrap")).express(form()) is None


@pytest.mark.parametrize("place", ["_read_fields", "read_login", "read_draft", "accept_steps"])
def test_a_fault_of_ours_is_a_problem_document_wherever_it_is(
    both: Both, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(f"shortlink.web.express.{place}", broken)
    status, headers, body = both.express(form(), x_request_id="mine-1") or pytest.fail("left to the view")
    assert status == 500
    assert {("content-type", "application/problem+json"), ("x-request-id", "mine-1")} <= set(headers)
    assert b"secret" not in body
