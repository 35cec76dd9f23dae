"""Keeping house: old texts and events go, young ones and what is still needed stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import redis

from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.audit_store import audit_store
from shortlink.use_cases.keep_house import HouseDesk, HouseReport, HouseRules, keep_house, oldest_kept
from tests.factories import link_start, make_message

Accept = Callable[..., Message]


def today() -> int:
    return int(time.time() * 1000) // DAY_MS


def blanked_days() -> range:
    return range(today() - 121, today() - 30)


@pytest.fixture
def house_desk(client: Store, accounts: AccountStore, erasures: ErasureStore) -> HouseDesk:
    return HouseDesk(
        house=HousekeepingStore(client),
        accounts=accounts,
        day_lists=DayLists(client),
        erasures=erasures,
        rules=HouseRules(text_days=30, event_days=90, record_days=120),
        pause=lambda _: None,
    )


@pytest.fixture
def accepted(messages: MessageStore, sendings: SendingStore) -> Accept:
    """Accept a message so many days ago, and have it delivered unless told otherwise."""

    def put(days_ago: int, *, delivered: bool = True, tracked: bool = True) -> Message:
        message, day = make_message(tracked=tracked), today() - days_ago
        messages.add(message, link_start=link_start(message), today=day, now=day * DAY_MS + 5)
        if delivered:
            deliver(sendings, message)
        return message

    return put


def deliver(sendings: SendingStore, message: Message) -> None:
    receipt = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.DELIVERED)
    sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0)


def again(desk: HouseDesk) -> HouseReport | None:
    desk.house.give_turn_back()
    return keep_house(desk)


def test_texts_go_after_their_days_and_nothing_else_does(
    house_desk: HouseDesk, client: Store, messages: MessageStore, accepted: Accept
) -> None:
    old, young, plain = accepted(31), accepted(30), accepted(60, tracked=False)
    assert keep_house(house_desk) == HouseReport(texts=2, events=0)
    assert old.link is not None
    kept = messages.get(old.id)
    assert (kept.text, kept.recipient, kept.link and kept.link.short_url) == (
        old.link.short_url,
        old.recipient,
        old.link.short_url,
    )
    assert messages.get(young.id).text == young.text
    assert messages.get(plain.id).text == ""
    assert list(audit_store(Inspector(client))) == []


def test_texts_of_an_account_that_cannot_be_read_go_as_well(
    house_desk: HouseDesk, client: Store, messages: MessageStore, accepted: Accept
) -> None:
    old = accepted(32)
    client.set(keys.account(old.account), "no hash")
    assert keep_house(house_desk) is not None
    assert messages.get(old.id).text == (old.link.short_url if old.link else "")


def test_a_text_that_is_still_needed_stays_until_it_is_not(
    house_desk: HouseDesk, messages: MessageStore, sendings: SendingStore, accepted: Accept
) -> None:
    waiting = accepted(40, delivered=False)
    assert keep_house(house_desk) == HouseReport(texts=0, events=0)
    assert messages.get(waiting.id).text == waiting.text
    deliver(sendings, waiting)
    assert again(house_desk) == HouseReport(texts=1, events=0)


def test_a_day_that_is_done_is_not_walked_again(
    house_desk: HouseDesk, client: Store, messages: MessageStore, accepted: Accept
) -> None:
    done = accepted(40)
    keep_house(house_desk)
    client.hset(keys.record(done.code), "t", "put back")
    client.hdel(keys.record(done.code), "E")
    assert again(house_desk) == HouseReport(texts=0, events=0)
    [mark] = client.keys("blanked:*")
    assert client.ttl(mark) == pytest.approx(121 * 86_400, abs=60)


def test_days_behind_one_that_is_not_done_are_not_walked_again_either(
    house_desk: HouseDesk, client: Store, sendings: SendingStore, accepted: Accept
) -> None:
    waiting, done = accepted(60, delivered=False), accepted(40)
    keep_house(house_desk)
    assert house_desk.house.days_done(done.account, blanked_days()) == set(blanked_days()) - {today() - 60}
    deliver(sendings, waiting)
    assert again(house_desk) == HouseReport(texts=1, events=0)
    assert house_desk.house.days_done(done.account, blanked_days()) == set(blanked_days())


def test_texts_stay_with_their_messages_when_asked_to(
    house_desk: HouseDesk, messages: MessageStore, accepted: Accept
) -> None:
    kept = accepted(119)
    for_good = replace(house_desk, rules=replace(house_desk.rules, text_days=0))
    assert keep_house(for_good) == HouseReport(texts=0, events=0)
    assert messages.get(kept.id).text == kept.text


def test_many_texts_of_a_day_all_go_wherever_among_them_one_has_to_wait(
    house_desk: HouseDesk, sendings: SendingStore, accepted: Accept
) -> None:
    made = [accepted(40, delivered=number not in (0, 449)) for number in range(450)]
    assert keep_house(house_desk) == HouseReport(texts=448, events=0)
    for waiting in (made[0], made[-1]):
        deliver(sendings, waiting)
        assert again(house_desk) == HouseReport(texts=1, events=0)


def test_old_events_go_and_young_ones_stay(house_desk: HouseDesk, store: redis.Redis) -> None:
    stream, old = keys.events("a"), (today() - 91) * DAY_MS
    for n in range(250):
        store.xadd(stream, {"e": "hx"}, id=f"{old}-{n + 1}")
    for _ in range(10):
        store.xadd(stream, {"e": "hy"})
    report = keep_house(house_desk)
    assert report is not None
    assert report.events >= 150
    left = [fields["e"] for _, fields in cast("list[Any]", store.xrange(stream))]
    assert left.count("hy") == 10
    assert left.count("hx") < 100


@pytest.mark.parametrize(
    ("archived", "kept"),
    [
        (None, 90),  # no recorder: as long as the setting says
        (3, 7),  # archived up to three days ago: a week
        (7, 7),
        (40, 40),  # a recorder that was away for long finds everything
        (119, 119),
        (500, 120),  # nobody records any more: the store must not grow for ever
    ],
)
def test_events_stay_until_they_are_archived_but_not_for_ever(archived: int | None, kept: int) -> None:
    rules = HouseRules(text_days=30, event_days=90, record_days=120)
    up_to = None if archived is None else -archived * DAY_MS
    assert oldest_kept(rules, 0, up_to) == -kept * DAY_MS


def test_archived_events_go_early_and_others_stay(house_desk: HouseDesk, store: redis.Redis) -> None:
    day = today() - 10
    for n in range(300):
        store.xadd(keys.events("a"), {"e": "hx"}, id=f"{day * DAY_MS}-{n + 1}")
        store.xadd(keys.events("b"), {"e": "hx"}, id=f"{day * DAY_MS}-{n + 1}")
    store.hset(keys.ARCHIVED, "a", f"{(day + 1) * DAY_MS}-0")
    keep_house(house_desk)
    assert store.xlen(keys.events("a")) < 101
    assert store.xlen(keys.events("b")) == 300


def test_only_one_of_many_has_the_turn_for_an_hour(house_desk: HouseDesk, client: Store, accepted: Accept) -> None:
    accepted(40)
    assert [keep_house(house_desk) is None for _ in range(3)] == [False, True, True]
    assert client.ttl(keys.HOUSEKEEPING) == pytest.approx(3600, abs=60)


def test_a_turn_that_comes_to_nothing_is_given_back(house_desk: HouseDesk, client: Store) -> None:
    nowhere = connect("unix:///nowhere.sock", retries=0)
    broken = replace(house_desk, accounts=AccountStore(nowhere))
    with pytest.raises(StoreUnavailable):
        keep_house(broken)
    assert keep_house(house_desk) is not None
