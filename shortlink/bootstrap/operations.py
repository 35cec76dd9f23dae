"""Build what an operator's commands need, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.bootstrap.stores import build_messages, build_opt_outs
from shortlink.config import Settings
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.events import EventStreams
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.key_note import KeyNote
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.transfer import TransferStore
from shortlink.storage.unreadable_records import UnreadableRecords
from shortlink.storage.vitals import VitalsReader
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.use_cases.manage_opt_outs import OptOutDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What an operator's commands look at and change, whoever's it is."""

    inspector: Inspector
    messages: MessageStore
    day_lists: DayLists
    erasures: ErasureStore
    callbacks: CallbackStore
    links: LinkStore
    house: HousekeepingStore
    opt_outs: OptOutStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What tells how the installation itself is."""

    vitals: VitalsReader
    accounts: AccountStore
    presence: PresenceStore
    ledger: Ledger
    unreadable: UnreadableRecords
    webhooks: WebhookStore
    inspector: Inspector
    streams: EventStreams
    key_note: KeyNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What carrying everything from one installation to another needs."""

    transfer: TransferStore
    inspector: Inspector


def open_accounts(settings: Settings) -> AccountDesk:
    """Build only what an operator needs to manage accounts."""
    return AccountDesk(AccountStore(connect(settings.redis_url)), settings.key)


def open_opt_outs(settings: Settings) -> OptOutDesk:
    """Build only what an operator needs to look after opt-outs."""
    store = connect(settings.redis_url)
    return OptOutDesk(accounts=AccountStore(store), opt_outs=build_opt_outs(settings, store))


def open_inspection(settings: Settings) -> Inspection:
    """Build what an operator's commands need."""
    store = connect(settings.redis_url)
    return Inspection(
        inspector=Inspector(store),
        messages=build_messages(settings, store),
        day_lists=DayLists(store),
        erasures=ErasureStore(store),
        callbacks=CallbackStore(store),
        links=LinkStore(store),
        house=HousekeepingStore(store),
        opt_outs=build_opt_outs(settings, store),
    )


def open_examination(settings: Settings) -> Examination:
    """Build what looks after the installation itself."""
    store = connect(settings.redis_url)
    return Examination(
        vitals=VitalsReader(store),
        accounts=AccountStore(store),
        presence=PresenceStore(store),
        ledger=Ledger(store),
        unreadable=store.unreadable,
        webhooks=WebhookStore(store),
        inspector=Inspector(store),
        streams=EventStreams(store),
        key_note=KeyNote(store),
    )


def open_transfer(settings: Settings) -> Transfer:
    """Build what exports and imports need."""
    store = connect(settings.redis_url)
    return Transfer(transfer=TransferStore(store), inspector=Inspector(store))
