"""What the day lists promise, on a real Valkey."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.day_lists import DayLists
from tests.factories import make_message

NOW = 1_790_000_000_000
TODAY = NOW // DAY_MS
Add = Callable[..., Message]


def test_a_day_is_listed_newest_first_and_no_longer_than_asked(day_lists: DayLists, add: Add) -> None:
    sent = [add(make_message(), now=NOW + n) for n in range(30)]
    listed = day_lists.newest(sent[0].account, TODAY, most=7)
    assert [one.id for one in listed if isinstance(one, Message)] == [one.id for one in reversed(sent[-7:])]


def test_a_day_is_walked_whole_and_what_is_gone_is_left_out(client: Store, day_lists: DayLists, add: Add) -> None:
    sent = [add(now=NOW + n) for n in range(30)]
    add(now=NOW + DAY_MS)
    client.delete(keys.record(sent[3].code))
    walked = {one.id for one in day_lists.walk(sent[0].account, TODAY)}
    assert walked == {one.id for one in sent if one is not sent[3]}


def test_a_day_begins_and_ends_at_midnight(day_lists: DayLists, add: Add) -> None:
    midnight = TODAY * DAY_MS
    sent = [add(now=at) for at in (midnight, midnight + DAY_MS - 1)]
    for at in (midnight - 1, midnight + DAY_MS):
        add(now=at)
    listed = day_lists.newest(sent[0].account, TODAY, most=9)
    assert [one.id for one in listed if isinstance(one, Message)] == [sent[1].id, sent[0].id]
