"""Values of a record in less space, and records from before they were packed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.message_id import kept_tail, new_message_id, split_message_id, whole_tail
from shortlink.storage import keys
from shortlink.storage.compact import (
    pack_carrier_id,
    pack_text,
    pack_url,
    unpack_carrier_id,
    unpack_text,
    unpack_url,
)
from shortlink.storage.connection import Store
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import SendingStore
from tests.factories import MINT, link_start, make_message

NOW = 1_790_000_000_000
TWILIO_ID = "SM6a9e280693261d8d6626039c0a663897"
CODE = "7gbpv6YAK"
Add = Callable[..., Message]


@pytest.mark.parametrize(
    "identifier", [TWILIO_ID, TWILIO_ID.upper(), "MM" + TWILIO_ID[2:], "", "SM1", "x" * 20, ":x", "SM" + "0" * 32]
)
def test_every_carrier_id_comes_back(identifier: str) -> None:
    assert unpack_carrier_id(pack_carrier_id(identifier)) == identifier


def test_a_twilio_id_takes_twenty_characters() -> None:
    assert len(pack_carrier_id(TWILIO_ID)) == 20


@pytest.mark.parametrize("url", ["https://a.test/b?c", "http://a.test", "HTTPS://A.test", "ftp://a", ""])
def test_every_url_comes_back(url: str) -> None:
    assert unpack_url(pack_url(url)) == url


@pytest.mark.parametrize("base", ["https://sl.test", "http://127.0.0.1:8001", "https://sl.test/a/http"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("See ", " now"), ("http://x.test 🎉 ", "https://y.test")])
def test_every_text_comes_back_with_its_link(base: str, before: str, after: str) -> None:
    short_url = f"{base}/{CODE}"
    text = before + short_url + after
    packed = pack_text(text, CODE, short_url, len(before))
    assert packed is not None
    assert len(text) - len(packed) == len(base.partition("/")[0]) + 1 + len(CODE)
    assert unpack_text(packed, CODE) == (text, short_url)


@pytest.mark.parametrize("text", ["odd \x03 https://sl.test/" + CODE, "odd \x01 https://sl.test/" + CODE])
def test_a_text_with_characters_of_ours_is_not_packed(text: str) -> None:
    assert pack_text(text, CODE, f"https://sl.test/{CODE}", 6) is None


def test_such_a_text_is_kept_all_the_same(add: Add, messages: MessageStore) -> None:
    code = MINT.draw()
    text = f"\x03odd\x01 https://sl.test/{code} \x02"
    kept = add(make_message(code=code, text=text))
    assert kept.text == text
    assert kept.link is not None
    assert kept.link.short_url == f"https://sl.test/{code}"


def test_the_end_of_an_id_follows_from_the_rest() -> None:
    for length in (8, 9, 12):
        code = "abcdefghijkm"[:length]
        _, tail = split_message_id(new_message_id(code)) or ("", "")
        kept = kept_tail(code, tail)
        assert len(kept) == len(tail) - 5
        assert whole_tail(code, kept) == tail


def test_an_id_from_before_is_kept_whole() -> None:
    tail = "5ejmSOuFDoiZlHxBFJaGf"
    assert whole_tail(CODE, kept_tail(CODE, tail)) == tail


def test_a_record_from_before_is_read_and_goes_on(
    store: redis.Redis, messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    message = add()
    assert message.link is not None
    _, tail = split_message_id(message.id) or ("", "")
    old = {"i": tail, "t": message.text, "L": link_start(message), "T": 1, "S": TWILIO_ID, "s": "q"}
    old |= {"u": message.link.link, "x": NOW + 90 * DAY_MS}
    store.hset(keys.record(message.code), mapping={name: str(value) for name, value in old.items()})
    read = messages.get(message.id)
    assert (read.text, read.link, read.carrier_id) == (message.text, message.link, TWILIO_ID)
    receipt = DeliveryReceipt(carrier_id=TWILIO_ID, status=MessageStatus.SENT)
    assert sendings.advance(message.code, receipt, poll_ms=1, report_ms=1) == "ok"
    other = DeliveryReceipt(carrier_id="SM" + "1" * 32, status=MessageStatus.DELIVERED)
    assert sendings.advance(message.code, other, poll_ms=1, report_ms=1) == "conflict"


@pytest.mark.parametrize(("life_ms", "kept"), [(90 * DAY_MS, "90"), (DAY_MS + 1, str(NOW + DAY_MS + 1))])
def test_the_end_of_a_link_is_kept_as_a_number_of_days_where_they_are_whole(
    client: Store, life_ms: int, kept: str
) -> None:
    message = make_message()
    messages = MessageStore(client, link_ms=life_ms, record_ms=120 * DAY_MS)
    messages.add(message, link_start=link_start(message), today=NOW // DAY_MS, now=NOW)
    assert client.hget(keys.record(message.code), "x") == kept


@pytest.mark.parametrize("end", [90, NOW + 90 * DAY_MS])
def test_a_link_ends_at_the_same_moment_in_both_forms(
    store: redis.Redis, client: object, add: Add, end: int, links: LinkStore
) -> None:
    message = add()
    store.hset(keys.record(message.code), "x", end)
    human = Judgement(verdict=Verdict.HUMAN, rule="t")
    at = NOW + 90 * DAY_MS

    def tap(now: int) -> str:
        return links.follow(message.code, human, spends=True, callback_ms=0, now=now).standing.name

    assert [tap(at - 1), tap(at)] == ["LIVE", "GONE"]
