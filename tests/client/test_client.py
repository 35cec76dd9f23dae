"""Both clients against the real API door."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from werkzeug import Response

from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.operations import open_accounts
from shortlink.client import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    ClientError,
    DeadTaps,
    Draft,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    calls,
)
from shortlink.client.call import utc_day
from shortlink.client.calls import batches
from shortlink.config import Settings
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.opt_out import OptOutReason
from shortlink.web.app import create_app
from tests.client.serving import Service, serving

TEXT = "Sale now https://shop.test/sale?a=1 until Sunday"
TO = "+818011234567"


def test_a_sent_message_is_read_back_as_a_value(client: Client) -> None:
    sent = client.send(TEXT, to=TO, sender="shop", track=True, tags=["spring", "東京"])
    message = client.get(sent.msgid)
    assert (message.msgid, message.status, message.final) == (sent.msgid, "QUEUED", False)
    assert (message.recipient, message.sender, message.tags) == (TO, "shop", ("spring", "東京"))
    assert message.sent_time is not None
    assert abs(datetime.now(UTC) - message.sent_time) < timedelta(minutes=1)
    assert message.link_tracking is not None
    assert message.link_tracking.link == "https://shop.test/sale?a=1"
    assert not message.link_tracking.accessed


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ("spring", ("spring",)),
        ("spring, tokyo", ("spring", "tokyo")),
        (["spring", "tokyo"], ("spring", "tokyo")),
        ({"spring": 1}.keys(), ("spring",)),
        ("", ()),
        ((), ()),
    ],
)
def test_tags_come_in_one_text_or_one_by_one(client: Client, given: Any, tags: tuple[str, ...]) -> None:
    sent = client.send("Hi", to=TO, sender="shop", tags=given)
    (entry,) = client.send_many([Draft("Hi", TO, "shop", tags=given)])
    assert [client.get(msgid).tags for msgid in (sent.msgid, entry.msgid or "")] == [tags, tags]


def test_each_send_is_a_message_of_its_own_unless_the_key_is_the_same(client: Client) -> None:
    one, two = (client.send("Hi", to=TO, sender="shop") for _ in range(2))
    assert one.msgid != two.msgid
    again = client.send("Hi", to=TO, sender="shop", idempotency_key=one.idempotency_key)
    assert (again.msgid, again.replayed, one.replayed) == (one.msgid, True, False)


def test_many_messages_are_sent_at_once_and_a_bad_one_does_not_spoil_the_rest(client: Client) -> None:
    drafts = [Draft("One", TO, "shop"), Draft("Two", TO, "shop", track=True), Draft("", "080", "shop")]
    entries = client.send_many(drafts, idempotency_key="campaign-1")
    assert len({one.msgid for one in entries[:-1]}) == 2
    assert entries[-1].msgid is None
    assert entries[-1].errors == {"message": ["This field may not be blank."], "recipient": ["Invalid recipient"]}
    again = client.send_many(drafts, idempotency_key="campaign-1")
    assert [one.msgid for one in again] == [one.msgid for one in entries]
    assert client.send_many([]) == ()


HALF_A_PAIR = "bad \ud83d"  # what cutting a text in the middle of an emoji leaves, where texts are UTF-16


def test_half_a_surrogate_pair_is_a_fault_of_its_field_and_spoils_nothing_else(client: Client) -> None:
    first, bad, last = client.send_many([Draft(text, TO, "shop") for text in ("One 🎉", HALF_A_PAIR, "東京")])
    assert bad.errors == {"message": ["Not a valid string."]}
    assert first.msgid
    assert last.msgid
    with pytest.raises(InvalidRequest) as caught:
        client.send(HALF_A_PAIR, to=TO, sender="shop")
    assert caught.value.fields == {"message": ["Not a valid string."]}


def test_a_thousand_long_texts_in_japanese_fit_into_one_request(client: Client) -> None:
    entries = client.send_many([Draft("あ" * 500, TO, "shop")] * 1000)
    assert len({one.msgid for one in entries}) == 1000


@pytest.mark.parametrize("wrong", [b"bytes", float("nan")])
def test_what_no_request_can_hold_is_an_error_of_this_client_with_what_came_before_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr(calls, "MOST_AT_ONCE", 1)
    with pytest.raises(InvalidArgument) as caught:
        client.send_many([Draft("Hi", TO, "shop"), Draft(wrong, TO, "shop")], idempotency_key="campaign-2")
    assert [bool(one.msgid) for one in caught.value.entries] == [True]
    assert caught.value.idempotency_key == "campaign-2"


def test_a_crowd_of_messages_is_cut_into_requests_with_keys_of_their_own() -> None:
    drafts = [Draft("Hi", TO, "shop")] * 2001
    found = [list(batches(drafts, key)) for key in ("k", "k", "l")]
    sizes = [[len((one.content or {})["messages"]) for one in requests] for requests in found]
    assert sizes == [[1000, 1000, 1]] * 3
    keys = [[one.headers["Idempotency-Key"] for one in requests] for requests in found]
    assert keys[0] == keys[1] == ["k-0", "k-1", "k-2"]
    assert keys[2] == ["l-0", "l-1", "l-2"]


def test_a_list_is_narrowed_by_days(client: Client) -> None:
    sent = client.send("Hi", to=TO, sender="shop")
    today = datetime.now(UTC).date()
    assert [one.msgid for one in client.list(since=today - timedelta(1), until=today + timedelta(1))] == [sent.msgid]
    assert len(client.list(until=today - timedelta(2))) == 0
    assert not client.list().truncated


def test_a_time_narrows_a_list_by_its_utc_day(client: Client) -> None:
    sent = client.send("Hi", to=TO, sender="shop")
    now, tokyo = datetime.now(UTC), timezone(timedelta(hours=9))
    assert [one.msgid for one in client.list(since=now - timedelta(1), until=now + timedelta(1))] == [sent.msgid]
    assert client.redeliver_days(since=now.replace(tzinfo=None), until=now) == 0
    assert utc_day(datetime(2026, 1, 2, 8, 59, tzinfo=tokyo)) == "2026-01-01"
    assert utc_day(datetime(2026, 1, 2, 23, 59)) == utc_day(date(2026, 1, 2)) == "2026-01-02"  # noqa: DTZ001


def test_a_number_that_opted_out_is_a_wrong_field(client: Client, service: Service, services: Services) -> None:
    services.opt_outs.change(service.sid, TO, out=True, reason=OptOutReason.WORD)
    with pytest.raises(InvalidRequest) as caught:
        client.send("Hi", to=TO, sender="shop")
    assert caught.value.fields == {"recipient": ["This number has opted out of messages from you."]}


def test_a_link_is_switched_off_and_on(client: Client) -> None:
    msgid = client.send(TEXT, to=TO, sender="shop", track=True).msgid
    states = [client.disable_link(msgid), client.enable_link(msgid)]
    assert [one.link_tracking.disabled for one in states if one.link_tracking] == [True, False]


def test_taps_that_led_nowhere_are_read(client: Client, services: Services) -> None:
    msgid = client.send(TEXT, to=TO, sender="shop", track=True).msgid
    off = client.disable_link(msgid).link_tracking
    assert off is not None
    assert off.dead_taps is None
    judgement = Judgement(verdict=Verdict.HUMAN, rule="t")
    services.links.follow(
        off.shortlink.rpartition("/")[2], judgement, spends=True, callback_ms=0, now=1_767_225_600_000
    )
    tapped = client.get(msgid).link_tracking
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert tapped is not None
    assert tapped.dead_taps == DeadTaps(count=1, first_on=at, last_on=at)


def test_callbacks_that_have_not_arisen_are_none_and_cannot_be_redelivered(client: Client) -> None:
    msgid = client.send("Hi", to=TO, sender="shop", callback_url="https://shop.test/").msgid
    assert client.callbacks(msgid) == ()
    with pytest.raises(NotFound):
        client.redeliver(msgid, f"{msgid}-report")
    today = datetime.now(UTC).date()
    assert client.redeliver_days(since=today, until=today) == 0


def test_every_wrong_field_is_in_the_error(client: Client) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.send("", to="080", sender="shop")
    assert caught.value.fields == {"message": ["This field may not be blank."], "recipient": ["Invalid recipient"]}
    assert caught.value.request_id


def test_wrong_credentials_have_an_error_of_their_own(service: Service) -> None:
    with Client(service.url, service.sid, "slk_wrong") as client, pytest.raises(AuthenticationFailed):
        client.get("l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf")


def test_a_thousand_whose_answer_was_lost_are_repeated_at_once_at_the_usual_limit(settings: Settings) -> None:
    limited = replace(settings, send_rate=10.0)
    account, app = open_accounts(limited).add("shop"), create_app(build(limited))
    asked: list[str] = []
    waits: list[float] = []

    def losing(environ: dict[str, Any], start: Any) -> Any:
        asked.append(environ["HTTP_IDEMPOTENCY_KEY"])
        answer = Response.from_app(app, environ)
        return (Response(status=502) if len(asked) == 1 else answer)(environ, start)

    with serving(losing) as url, Client(url, account.sid, account.auth_token, sleep=waits.append) as client:
        entries = client.send_many([Draft("Hi", TO, "shop")] * 1000, idempotency_key="k")
    assert len({one.msgid for one in entries}) == 1000
    assert (asked, len(waits)) == (["k-0", "k-0"], 1)


def test_what_is_no_identifier_is_never_put_into_an_address(client: Client) -> None:
    for wrong in ("", "..", "a/b", "a?b"):
        with pytest.raises(ValueError, match="no identifier") as caught:
            client.get(wrong)
        assert isinstance(caught.value, ClientError)


def test_the_asynchronous_client_does_the_same(service: Service) -> None:
    async def journey() -> None:
        async with AsyncClient(service.url, service.sid, service.token) as client:
            sent = await client.send(TEXT, to=TO, sender="shop", track=True)
            assert (await client.get(sent.msgid)).msgid == sent.msgid
            assert (await client.send_many([Draft("", TO, "shop")]))[0].errors
            listed = await client.list(since=datetime.now(UTC).date() - timedelta(1))
            assert [one.msgid for one in listed] == [sent.msgid]
            disabled = await client.disable_link(sent.msgid)
            assert disabled.link_tracking is not None
            assert disabled.link_tracking.disabled
            with pytest.raises(InvalidRequest):
                await client.send(HALF_A_PAIR, to=TO, sender="shop")

    asyncio.run(journey())


def test_both_clients_offer_the_same() -> None:
    def offer(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(one).parameters) for name, one in found if not name.startswith("_")}

    assert offer(AsyncClient) == offer(Client)


def test_importing_the_client_loads_no_part_of_the_server() -> None:
    script = """
import sys
import shortlink.client as client
loaded = set(sys.modules)
client.Client
assert "requests" in sys.modules and "requests" not in loaded
heavy = {"flask", "redis", "rq", "twilio", "granian", "httpx", "click", "rich"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
own = {name for name in sys.modules if name.startswith("shortlink.") and not name.startswith("shortlink.client")}
assert not own, own
sys.modules["httpx"] = None
try:
    client.AsyncClient
except ImportError as error:
    assert "'.[client]'" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)
