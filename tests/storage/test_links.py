"""What following a link does to the store: clicks, the callback they owe, and the events that tell of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.message import MessageStatus
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore, Standing
from shortlink.storage.messages import MessageStore
from tests.factories import make_message
from tests.storage.conftest import NOW
from tests.storage.tapping import Add, tap


def test_the_first_human_click_is_kept_and_owes_one_callback(
    links: LinkStore, messages: MessageStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    for later in (5, 6, 7):
        assert tap(links, message, now=NOW + later).link == "https://shop.test/sale?a=1"
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks, link.clicked_at) == (NOW + 5, 3, (NOW + 5, NOW + 6, NOW + 7))
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 5).members == (message.code + "c",)


@pytest.mark.parametrize("link", ["http://shop.test/a?b=1", "https://shop.test/", "shop.test/a"])
def test_a_tap_leads_where_the_link_was_written_to_lead(links: LinkStore, add: Add, link: str) -> None:
    message = make_message()
    assert message.link is not None
    made = add(replace(message, link=replace(message.link, link=link)))
    assert tap(links, made).link == link


@pytest.mark.parametrize("verdict", [Verdict.PREVIEW, Verdict.PREFETCH, Verdict.SCANNER, Verdict.HEAD])
def test_a_machine_is_sent_on_but_spends_no_first_click(
    links: LinkStore, messages: MessageStore, ledger: Ledger, add: Add, verdict: Verdict
) -> None:
    message = add()
    assert tap(links, message, verdict).standing is Standing.LIVE
    link = messages.get(message.id).link
    assert link is not None
    assert (link.first_click_at, link.clicks) == (None, 0)
    assert link.machine_hits == (0 if verdict is Verdict.HEAD else 1)
    assert ledger.depth(Due.CALLBACKS) == 0


@pytest.mark.parametrize(("verdict", "field"), [(Verdict.HUMAN, "h"), (Verdict.SCANNER, "b"), (Verdict.HEAD, "q")])
def test_a_link_that_is_opened_without_end_fills_no_log_and_its_hits_are_counted_on(
    links: LinkStore, client: Store, add: Add, verdict: Verdict, field: str
) -> None:
    message = add()
    record, events = keys.record(message.code), keys.events(partition_of(message.code))
    tap(links, message, verdict)
    assert client.hget(record, field) == "1"
    client.hset(record, field, "999999")
    before = client.xlen(events)
    for count, noted in ((1_000_000, 1), (1_000_001, 1), (1_000_002, 1)):
        assert tap(links, message, verdict).standing is Standing.LIVE
        assert (client.hget(record, field), client.xlen(events) - before) == (str(count), noted)


def test_a_click_that_took_the_first_place_is_an_event_however_many_there_were(
    links: LinkStore, client: Store, add: Add
) -> None:
    message = add()
    tap(links, message, now=NOW + 5)
    client.hset(keys.record(message.code), "h", "1000000")
    before = client.xlen(keys.events(partition_of(message.code)))
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    links.keep_answered(message.code, judgement, spends=True, callback_ms=0, at=NOW + 3)
    assert client.xlen(keys.events(partition_of(message.code))) == before + 1


def test_a_hundred_taps_at_once_make_one_first_click(links: LinkStore, messages: MessageStore, add: Add) -> None:
    message = add()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: tap(links, message, now=NOW + n), range(100)))
    link = messages.get(message.id).link
    assert link is not None
    assert link.clicks == 100
    assert len(link.clicked_at) == 20
    assert link.first_click_at == link.clicked_at[0]


@pytest.mark.parametrize(("field", "value"), [("H", "noon"), ("x", "soon")])
def test_a_click_from_a_spool_on_a_damaged_record_is_not_kept_and_says_so(
    links: LinkStore, client: Store, add: Add, field: str, value: str
) -> None:
    message = add()
    client.hset(keys.record(message.code), field, value)
    judgement = Judgement(verdict=Verdict.HUMAN, rule="test")
    with pytest.raises(RecordUnreadable):
        links.keep_answered(message.code, judgement, spends=True, callback_ms=0, at=NOW + 5)
    assert client.hget(keys.record(message.code), "h") is None


def test_without_a_callback_url_a_click_owes_nothing(links: LinkStore, ledger: Ledger, add: Add) -> None:
    message = add(make_message(click_url=None))
    tap(links, message)
    assert ledger.depth(Due.CALLBACKS) == 0


def test_a_callback_waits_as_long_as_it_is_told_before_its_first_try(
    links: LinkStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=3_000, now=NOW)
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 2_999).members == ()
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 3_000).members == (message.code + "c",)


def test_a_first_click_wakes_a_listener(links: LinkStore, ledger: Ledger, add: Add) -> None:
    message = add()
    with ledger.hints() as wait:
        wait(0.05)
        tap(links, message)
        assert wait(5) == {Due.CALLBACKS}


def test_every_hit_is_in_the_event_log_with_its_verdict_and_rule(links: LinkStore, client: Store, add: Add) -> None:
    message = add()
    tap(links, message, Verdict.PREVIEW)
    tap(links, message)
    tap(links, message)
    entries = list(Inspector(client).events(partition_of(message.code)))
    assert [entry.subject for entry in entries] == [message.code] * 4
    assert [(entry.kind, entry.value, entry.detail.split(" ")[0]) for entry in entries] == [
        (EntryKind.ACCEPTED, "", ""),
        (EntryKind.HIT, "p", "test"),
        (EntryKind.FIRST_CLICK, "h", "test"),
        (EntryKind.CLICK, "h", "test"),
    ]


def test_the_status_at_click_time_is_frozen(links: LinkStore, messages: MessageStore, client: Store, add: Add) -> None:
    message = add()
    tap(links, message)
    assert client.hmget(keys.record(message.code), "cs", "cn", "cf") == ["p", "0", MessageStatus.ACCEPTED.value]
