"""Build what keeps house beside the dispatcher."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.domain.key_check import key_check
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.key_note import KeyNote
from shortlink.use_cases.compare_key import KeyWatch
from shortlink.use_cases.keep_house import HouseDesk, HouseRules


def build_house_desk(settings: Settings) -> HouseDesk:
    """Build what keeping house needs."""
    store = connect(settings.redis_url)
    return HouseDesk(
        house=HousekeepingStore(store),
        accounts=AccountStore(store),
        day_lists=DayLists(store),
        erasures=ErasureStore(store),
        rules=HouseRules(
            text_days=settings.text_days,
            event_days=settings.event_days,
            archived_event_days=settings.archived_event_days,
            record_days=settings.record_days,
        ),
    )


def build_key_watch(settings: Settings) -> KeyWatch:
    """Build what looks whether the secret key is the one that the store was filled with."""
    return KeyWatch(KeyNote(connect(settings.redis_url)), key_check(settings.secret_key))
