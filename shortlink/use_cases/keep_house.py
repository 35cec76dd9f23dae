"""Keep house: blank texts and trim events that are older than they may be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from shortlink.domain.code import PARTITIONS
from shortlink.domain.durations import DAY_MS
from shortlink.storage.accounts import AccountStore
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.housekeeping import HousekeepingStore

TURN_SECONDS = 3600
PAGE = 200
UNARCHIVED_DAYS = 30  # longer than usual, so that a recorder that was away finds what it missed
PAUSE_SECONDS = 0.005  # after every step, so that neither the store nor the rest of the process has to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """How long things are kept, in days; `text_days=0` keeps texts as long as their messages."""

    text_days: int
    event_days: int
    record_days: int
    archived_event_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseDesk:
    """The stores and the rules that keeping house needs."""

    house: HousekeepingStore
    accounts: AccountStore
    day_lists: DayLists
    erasures: ErasureStore
    rules: HouseRules
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseReport:
    """What went."""

    texts: int
    events: int


def keep_house(desk: HouseDesk) -> HouseReport | None:
    """Blank and trim what is too old by the store's clock; None when somebody did so within the last hour.

    Many short steps, each safe to repeat; a kill between two of them leaves the rest to the next turn. Raises
    StoreUnavailable; the turn is then given back.
    """
    if not desk.house.take_turn(seconds=TURN_SECONDS):
        return None
    try:
        now = desk.house.now()
        return HouseReport(events=_trim_events(desk, now), texts=_blank_texts(desk, now // DAY_MS))
    except BaseException:
        desk.house.give_turn_back()
        raise


def _trim_events(desk: HouseDesk, now: int) -> int:
    gone, archived = 0, desk.house.archived()
    for partition in PARTITIONS:
        before = oldest_kept(desk.rules, now, archived.get(partition, 0) if archived else None)
        while count := desk.house.trim_events(partition, before=before):
            gone += count
            desk.pause(PAUSE_SECONDS)
    return gone


def oldest_kept(rules: HouseRules, now: int, archived: int | None) -> int:
    """Say from which time on a partition's events are kept; `archived` is up to when an archive has them, if any.

    What an archive has may go soon. What it lacks stays longer than usual, but not for ever: the store must not grow
    without end when nobody runs the recorder any more.
    """
    if archived is None:
        return now - rules.event_days * DAY_MS
    soon, last = rules.archived_event_days, rules.event_days + UNARCHIVED_DAYS
    return max(min(now - soon * DAY_MS, archived), now - last * DAY_MS)


def _blank_texts(desk: HouseDesk, today: int) -> int:
    """Blank the texts of whole UTC days, so that none goes earlier than promised and the last a day later."""
    rules = desk.rules
    if not rules.text_days:
        return 0
    days = range(today - rules.record_days - 1, today - rules.text_days)
    return sum(_blank_account(desk, sid, days) for sid in desk.accounts.sids())


def _blank_account(desk: HouseDesk, sid: str, days: range) -> int:
    done, blanked, all_before = desk.house.days_done(sid, days), 0, True
    kept_seconds = (desk.rules.record_days + 1) * DAY_MS // 1000
    for day in days:
        if day in done:
            continue
        count, finished = _blank_day(desk, sid, day)
        blanked += count
        if finished:
            desk.house.mark_done(sid, day, with_all_before=all_before, seconds=kept_seconds)
        all_before = all_before and finished
    return blanked


def _blank_day(desk: HouseDesk, sid: str, day: int) -> tuple[int, bool]:
    """Blank a day's texts, but not of messages that may still have to be sent: with those the day is not done."""
    walk, blanked, finished = desk.day_lists.walk(sid, day), 0, True
    while page := list(islice(walk, PAGE)):
        blanked += desk.erasures.blank(page)
        finished = finished and not any(message.status.awaits_carrier for message in page)
        desk.pause(PAUSE_SECONDS)
    return blanked, finished
