"""POST /sms/messages/batch/: many messages in one request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shortlink.bootstrap.doors import Services
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage.connection import Store
from shortlink.use_cases.accept_batch import MOST_MESSAGES
from shortlink.use_cases.count_new import AT_ONCE
from shortlink.web.xoxzo.batch import MAX_BATCH_BODY
from tests.web.conftest import FORM, PROBLEM, SMS, Caller

BATCH = "/sms/messages/batch/"


def send(api: Caller, *messages: Any, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(BATCH, json={"messages": list(messages)}, headers=headers)


def test_the_answers_stand_in_the_order_of_the_messages(api: Caller, services: Services) -> None:
    answer = send(api, *(SMS | {"message": f"No {n}"} for n in range(250)))
    assert answer.status_code == 200
    texts = [services.messages.get(one["msgid"]).text for one in answer.get_json()]
    assert texts == [f"No {n}" for n in range(250)]


def test_a_bad_one_does_not_spoil_the_rest(api: Caller, services: Services) -> None:
    good, tracked = SMS, SMS | {"track_link": True}
    answer = send(api, good, SMS | {"recipient": "080"}, 7, {}, SMS | {"message": "x" * 700}, tracked)
    first, wrong, number, empty, long, last = answer.get_json()
    assert services.messages.get(first["msgid"]).link is None
    assert wrong == {"errors": {"recipient": ["Invalid recipient"]}}
    assert number == {"errors": {"non_field_errors": ["A message is an object."]}}
    assert set(empty["errors"]) == {"message", "recipient", "sender"}
    assert long == {"errors": {"message": ["Message too long"]}}
    assert services.messages.get(last["msgid"]).link is not None


def test_a_message_of_which_nothing_is_seen_is_refused_alone_and_in_a_batch(api: Caller) -> None:
    unseen, fault = SMS | {"message": "\ufeff \u200b"}, {"message": ["This field may not be blank."]}
    for answer in (api.post(data=unseen), api.post(json=unseen)):
        assert (answer.status_code, answer.get_json()) == (400, fault)
    refused, accepted = send(api, unseen, SMS).get_json()
    assert refused == {"errors": fault}
    assert "msgid" in accepted


@pytest.mark.parametrize("path", ["/sms/messages/batch", "/sms/messages/batch/"])
def test_both_slash_forms_are_answered_without_a_redirect(api: Caller, path: str) -> None:
    assert api.post(path, json={"messages": [SMS]}).status_code == 200


@pytest.mark.parametrize(
    "content",
    [{}, {"messages": None}, {"messages": []}, {"messages": SMS}, {"messages": "x"}, {"messages": [SMS] * 1001}],
)
def test_what_is_no_batch_is_told_so_under_its_field(api: Caller, content: dict[str, Any]) -> None:
    answer = api.post(BATCH, json=content)
    assert answer.status_code == 400
    assert list(answer.get_json()) == ["messages"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405_and_not_those_of_a_message(api: Caller, method: str) -> None:
    answer = api.client.open(BATCH, method=method, auth=(api.sid, api.token))
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})


def test_options_tell_what_the_batch_takes(api: Caller) -> None:
    answer = api.client.options(BATCH, auth=(api.sid, api.token))
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (200, {"OPTIONS", "POST"})


@pytest.mark.parametrize("kind", ["", FORM, "multipart/form-data; boundary=x", PROBLEM, "text/plain"])
def test_whatever_is_no_json_is_asked_for_json_and_not_for_a_form(api: Caller, kind: str) -> None:
    answer = api.post(BATCH, data=json.dumps({"messages": [SMS]}), content_type=kind)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)
    assert answer.get_json()["detail"] == "Send a batch as application/json."


def test_a_thousand_long_messages_fit(api: Caller) -> None:
    japanese = SMS | {"message": "あ" * 500}
    body = json.dumps({"messages": [japanese] * 1000}, ensure_ascii=False).encode()
    assert 65_536 < len(body) < MAX_BATCH_BODY
    answer = api.post(BATCH, data=body, content_type="application/json")
    assert len({one["msgid"] for one in answer.get_json()}) == 1000


def test_a_larger_body_is_413_and_says_what_fits(api: Caller) -> None:
    answer = api.post(BATCH, data=b" " * (MAX_BATCH_BODY + 1), content_type="application/json")
    assert answer.status_code == 413
    assert "2097152" in answer.get_json()["detail"]


def test_the_limit_for_one_message_stays_what_it_was(api: Caller) -> None:
    answer = api.post(data=b"x=" + b"y" * 65_536, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "65536" in answer.get_json()["detail"]


def test_a_repeat_with_the_same_key_makes_nothing_new(api: Caller) -> None:
    messages = [SMS | {"message": f"No {n}"} for n in range(3)]
    first, second = send(api, *messages, key="k"), send(api, *messages, key="k")
    assert first.get_json() == second.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_every_place_of_a_long_batch_has_a_key_of_its_own(api: Caller) -> None:
    answer = send(api, *[SMS] * 101, key="k")
    assert len({one["msgid"] for one in answer.get_json()}) == 101


def test_a_repeat_accepts_what_the_first_try_did_not(api: Caller, services: Services) -> None:
    services.opt_outs.change(api.sid, SMS["recipient"], out=True, reason=OptOutReason.WORD)
    other = SMS | {"recipient": "+818011234568"}
    (refused, kept) = send(api, SMS, other, key="k").get_json()
    assert "recipient" in refused["errors"]
    services.opt_outs.change(api.sid, SMS["recipient"], out=False, reason=OptOutReason.WORD)
    (accepted, again) = send(api, SMS, other, key="k").get_json()
    assert again == kept
    assert "msgid" in accepted


def test_the_same_key_with_another_message_in_a_place_is_that_places_fault(api: Caller) -> None:
    send(api, SMS, SMS, key="k")
    (same, other) = send(api, SMS, SMS | {"message": "another"}, key="k").get_json()
    assert "msgid" in same
    assert "Idempotency-Key" in other["errors"]["non_field_errors"][0]


def test_a_message_sent_alone_never_has_the_key_of_a_place(api: Caller) -> None:
    alone = api.post(data=SMS, headers={"Idempotency-Key": "k 0"}).get_json()[0]["msgid"]
    (placed,) = send(api, SMS, key="k").get_json()
    assert placed["msgid"] != alone


def test_the_rate_limit_counts_every_message(open_api: Callable[..., Caller]) -> None:
    api = open_api(own_send_rate=1.0)  # ten at once
    assert send(api, *[SMS] * 8).headers["RateLimit"].startswith('"send";r=2;')
    refused = send(api, *[SMS] * 3)
    assert refused.status_code == 429
    assert send(api, *[SMS] * 2).status_code == 200


def test_a_batch_larger_than_the_burst_is_lent_and_has_to_be_waited_for(open_api: Callable[..., Caller]) -> None:
    api = open_api(own_send_rate=1.0)
    assert send(api, *[SMS] * 100).status_code == 200
    refused = send(api, SMS)
    assert refused.status_code == 429
    assert 85 <= int(refused.headers["Retry-After"]) <= 91


def test_a_repeat_is_not_throttled_by_its_own_first_try(open_api: Callable[..., Caller]) -> None:
    api = open_api(own_send_rate=1.0)
    messages = [SMS, {}, *[SMS | {"message": f"No {n}"} for n in range(250)]]
    first, again = send(api, *messages, key="k"), send(api, *messages, key="k")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert send(api, *messages, key="other").status_code == 429
    assert send(api, *messages).status_code == 429


def test_an_account_over_its_limit_has_only_so_many_keys_looked_up(
    open_api: Callable[..., Caller], client: Store
) -> None:
    api, repeated = open_api(send_rate=1.0), [SMS] * MOST_MESSAGES
    send(api, *repeated, key="first")
    assert send(api, *repeated, key="first").headers["Idempotent-Replayed"] == "true"
    answers = []
    for _ in range(3):
        before = looked_up(client)
        answers.append((send(api, *[7] * MOST_MESSAGES, key="other").status_code, looked_up(client) - before))
    assert answers == [(429, MOST_MESSAGES), (429, 0), (429, 0)]


def looked_up(client: Store) -> int:
    return int(client.info("commandstats").get("cmdstat_exists", {"calls": 0})["calls"])


def test_messages_added_behind_what_was_accepted_are_counted(open_api: Callable[..., Caller]) -> None:
    api = open_api(own_send_rate=1.0)  # ten at once
    assert send(api, *[SMS] * 8, key="k").status_code == 200
    assert send(api, *[SMS] * 17, key="k").status_code == 429
    grown = send(api, *[SMS] * 10, key="k")
    assert (grown.status_code, len({one["msgid"] for one in grown.get_json()})) == (200, 10)


def test_public_shorteners_are_refused_where_they_are_unwrapped_elsewhere(open_api: Callable[..., Caller]) -> None:
    api = open_api(public_shorteners="unwrap")
    (refused,) = send(api, SMS | {"message": "https://bit.ly/x", "track_link": True}).get_json()
    assert "bit.ly is a public link shortener" in refused["errors"]["message"][0]


def test_a_lost_store_is_503_and_nothing_is_promised(open_api: Callable[..., Caller], api: Caller) -> None:
    assert send(api, SMS).status_code == 200
    lost = open_api()
    lost.client.application.extensions["shortlink"].messages._store.line._pool.connection_kwargs["path"] = "/nowhere"
    assert send(lost, SMS).status_code == 503


def test_a_store_lost_in_the_middle_spoils_only_what_was_still_to_come(
    open_api: Callable[..., Caller], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    losing = open_api()
    messages = losing.client.application.extensions["shortlink"].messages
    perform_many = messages.perform_many

    def lose_behind(operations: Any) -> Any:
        ended, line = perform_many(operations), messages._store.line
        line._pool.connection_kwargs["path"] = "/nowhere"
        line._close()
        return ended

    monkeypatch.setattr(messages, "perform_many", lose_behind)
    answer = send(losing, *[SMS] * (AT_ONCE + 2))
    assert answer.status_code == 200
    *kept, first_lost, last_lost = answer.get_json()
    assert all(services.messages.get(one["msgid"]) for one in kept)
    assert first_lost == last_lost
    assert "whether this one was accepted is not known" in first_lost["errors"]["non_field_errors"][0]
