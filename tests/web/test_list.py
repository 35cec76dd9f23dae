"""GET /sms/messages/: the last 90 days, narrowed by conditions glued to the name as the published clients do it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import redis
from werkzeug.test import EnvironBuilder, TestResponse

from shortlink.bootstrap.doors import Services
from shortlink.domain.durations import DAY_MS
from shortlink.use_cases.read_messages import day_of
from tests.factories import link_start, make_message
from tests.web.conftest import Caller, record_of

# A client's operator and date as they arrive: raw as in Python's http.client, half and wholly encoded by others, and
# as a name without a value by those that take a query apart and put it together again.
WIRES = (
    *("sent_date{op}{day}", "sent_date{half}{day}", "sent_date{full}{day}", "sent%5Fdate{full}{day}"),
    "sent_date{full}{day}=",
)


def days_ago(count: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=count)).isoformat()


def on_the_wire(template: str, operator: str, day: str) -> str:
    half = operator.replace(">", "%3E").replace("<", "%3C")
    return template.format(op=operator, half=half, full=half.replace("=", "%3D"), day=day)


def ask(caller: Caller, query: str) -> TestResponse:
    """Ask with exactly this query string: the test client would encode it its own way."""
    environ = EnvironBuilder(path="/sms/messages/", auth=(caller.sid, caller.token)).get_environ()
    return caller.client.open(environ | {"QUERY_STRING": query, "REQUEST_URI": f"/sms/messages/?{query}"})


@pytest.fixture
def sent(api: Caller, services: Services) -> dict[int, str]:
    """Messages of today, yesterday, 45 and 90 days ago, by their age in days."""
    now = int(time.time() * 1000)

    def put(age: int) -> str:
        message = make_message(account=api.sid)
        at = now - age * DAY_MS
        return services.messages.add(message, link_start=link_start(message), today=day_of(at), now=at)

    return {age: put(age) for age in (0, 1, 45, 90)}


def ages(answer: TestResponse, sent: dict[int, str]) -> list[int]:
    assert answer.status_code == 200, answer.text
    by_id = {msgid: age for age, msgid in sent.items()}
    return [by_id[one["msgid"]] for one in answer.get_json()]


def test_nothing_sent_is_an_empty_array(api: Caller) -> None:
    answer = api.get("/sms/messages/")
    assert (answer.status_code, answer.content_type, answer.get_json()) == (200, "application/json", [])


def test_without_a_condition_the_whole_window_comes_newest_first(api: Caller, sent: dict[int, str]) -> None:
    assert ages(api.get("/sms/messages/"), sent) == [0, 1, 45, 90]
    assert ages(api.get("/sms/messages"), sent) == [0, 1, 45, 90]


def test_an_entry_is_the_status_object(api: Caller, sent: dict[int, str]) -> None:
    newest = api.get("/sms/messages/").get_json()[0]
    assert newest == api.status(sent[0])


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("operator", "age", "found"),
    [
        ("=", 1, [1]),
        ("=", 2, []),
        ("<", 1, [45, 90]),
        ("<=", 1, [1, 45, 90]),
        (">", 1, [0]),
        (">=", 1, [0, 1]),
        (">=", 90, [0, 1, 45, 90]),
        ("<", 90, []),
        ("<=", 90, [90]),
        (">", 0, []),
        (">=", -1, []),
        ("<", -1, [0, 1, 45, 90]),
    ],
)
def test_operators_as_the_published_clients_put_them_on_the_wire(
    api: Caller, sent: dict[int, str], wire: str, operator: str, age: int, found: list[int]
) -> None:
    assert ages(ask(api, on_the_wire(wire, operator, days_ago(age))), sent) == found


def test_two_conditions_make_a_range(api: Caller, sent: dict[int, str]) -> None:
    query = f"sent_date%3E={days_ago(60)}&sent_date%3C{days_ago(0)}"
    assert ages(ask(api, query), sent) == [1, 45]


@pytest.mark.parametrize("query", ["", "&&", "page=2", "sent_dates=x", "sent_date_from=x", "%ff=%ff", "x=sent_date<1"])
def test_other_parameters_are_not_looked_at(api: Caller, sent: dict[int, str], query: str) -> None:
    assert len(ages(ask(api, query), sent)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "=2016-13-01",
        "=2026-02-30",
        "=0000-01-01",
        "=20260101",
        "=2026-1-1",
        "=2026-01-01T00:00:00",
        "= 2026-01-01",
        "=%202026-01-01",
        "=",
        "",
        "%3E%3E=2026-01-01",
        "=%3E2026-01-01",
        "=%3C2026-01-01",
        "==2026-01-01",
        "!=2026-01-01",
        "~2026-01-01",
        "[]=2026-01-01",
        "=２０２６-01-01",
        "=%EF%BC%92026-01-01",
        "=2026-01-01%0A",
        "%3E2026-01-01==",
        "%3E2026-01-01=1",
    ],
)
def test_what_is_no_condition_on_a_date_is_400(api: Caller, text: str) -> None:
    answer = ask(api, "sent_date" + text.encode().decode("latin-1"))
    assert (answer.status_code, answer.get_json()) == (400, {"sent_date": ["Invalid sent_date format"]})


@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
def test_date_before_the_window_is_400(api: Caller, operator: str) -> None:
    answers = {age: ask(api, on_the_wire(WIRES[1], operator, days_ago(age))) for age in (89, 90, 91)}
    assert {age: answer.status_code for age, answer in answers.items()} == {89: 200, 90: 200, 91: 400}
    assert answers[91].get_json() == {"sent_date": ["Invalid sent_date"]}


def test_old_dates_are_counted_in_utc_days(api: Caller) -> None:
    assert ask(api, "sent_date=1969-12-31").get_json() == {"sent_date": ["Invalid sent_date"]}
    assert date(1970, 1, 1).toordinal() + day_of(1_767_225_599_999) == date(2025, 12, 31).toordinal()


def test_another_accounts_messages_are_not_listed(open_api: Callable[..., Caller], sent: dict[int, str]) -> None:
    assert open_api().get("/sms/messages/").get_json() == []


def test_cut_answer_says_so(open_api: Callable[..., Caller]) -> None:
    caller = open_api(list_cap=2)
    msgids = [caller.send() for _ in range(2)]
    whole = caller.get("/sms/messages/")
    assert ({one["msgid"] for one in whole.get_json()}, "X-Truncated" in whole.headers) == (set(msgids), False)
    caller.send()
    cut = caller.get("/sms/messages/")
    assert (len(cut.get_json()), cut.headers["X-Truncated"]) == (2, "true")


def test_a_damaged_message_is_left_out_of_the_list_which_says_so(
    api: Caller, store: redis.Redis, sent: dict[int, str]
) -> None:
    store.hset(record_of(sent[1]), "A", "yesterday")
    answer = api.get("/sms/messages/")
    assert (ages(answer, sent), answer.headers["X-Unreadable"]) == ([0, 45, 90], "1")
    assert "X-Unreadable" not in ask(api, f"sent_date={days_ago(0)}").headers


def test_a_list_that_lost_a_damaged_message_to_the_cap_is_still_cut(
    open_api: Callable[..., Caller], store: redis.Redis
) -> None:
    caller = open_api(list_cap=2)
    msgids = [caller.send() for _ in range(3)]
    store.hdel(record_of(msgids[2]), "s")
    answer = caller.get("/sms/messages/")
    assert [one["msgid"] for one in answer.get_json()] == [msgids[1]]
    assert (answer.headers["X-Truncated"], answer.headers["X-Unreadable"]) == ("true", "1")


@pytest.mark.parametrize(("value", "reason"), [(None, "its field 's' is missing"), (b"\xff", "fields is no text")])
def test_a_damaged_message_is_told_to_its_account_alone(
    api: Caller, open_api: Callable[..., Caller], store: redis.Redis, value: bytes | None, reason: str
) -> None:
    msgid = api.send()
    store.hdel(record_of(msgid), "s") if value is None else store.hset(record_of(msgid), "s", value)
    answer = api.get(f"/sms/messages/{msgid}/")
    assert answer.status_code == 500
    detail = answer.get_json()["detail"]
    assert ("record of this message cannot be read" in detail, reason in detail) == (True, True)
    assert open_api().get(f"/sms/messages/{msgid}/").status_code == 404


@pytest.mark.parametrize("damage", ["account", "no hash"])
def test_a_damaged_message_of_which_nobody_can_tell_whose_it_is_is_not_said_to_be_unknown(
    api: Caller, store: redis.Redis, damage: str
) -> None:
    msgid = api.send()
    store.hdel(record_of(msgid), "a") if damage == "account" else store.set(record_of(msgid), "no hash")
    answer = api.get(f"/sms/messages/{msgid}/")
    assert (answer.status_code, "record of this message cannot be read" in answer.get_json()["detail"]) == (500, True)
