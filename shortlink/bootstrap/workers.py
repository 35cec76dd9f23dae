"""Build what the workers, the dispatcher and the teller of webhooks need."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.bootstrap.stores import build_opt_outs
from shortlink.callbacks import USER_AGENT, CallbackSender
from shortlink.carriers import Carrier
from shortlink.config import Settings
from shortlink.dialects.xoxzo import callback_object, callback_payload
from shortlink.domain.errors import SettingsError
from shortlink.domain.inbound import reply_address
from shortlink.domain.key_check import key_check
from shortlink.domain.message import Message
from shortlink.domain.public_address import reachable_from_outside
from shortlink.domain.receipt_address import receipt_url
from shortlink.outbox import Outbox, connect_queue
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.key_note import KeyNote
from shortlink.storage.pace import PaceStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import SendingStore
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.compare_key import KeyWatch
from shortlink.use_cases.deliver_callback import CallbackDesk, remember_accounts
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.keep_house import HouseDesk, HouseRules
from shortlink.use_cases.send_desk import SendDesk, SendRules, make_send_desk
from shortlink.use_cases.tell_webhooks import TellDesk
from shortlink.use_cases.webhook_pace import Pace
from shortlink.use_cases.webhook_posts import PostDesk


def build_carrier(settings: Settings) -> Carrier:
    """Build the carrier; imports its SDK, which only the workers need."""
    from shortlink.carriers.twilio import TwilioCarrier  # noqa: PLC0415, 18 MB that the web can do without

    return TwilioCarrier(
        account_sid=settings.twilio_account_sid or "",
        auth_token=settings.twilio_auth_token or "",
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        base_url=settings.twilio_url,
    )


def build_send_desk(settings: Settings, *, sleep: Callable[[float], object] = time.sleep) -> SendDesk:
    """Build what attending to messages needs; `sleep` waits for the carrier's pace."""
    store = connect(settings.redis_url)
    return make_send_desk(
        sendings=SendingStore(store),
        carrier_ids=CarrierIdStore(store),
        accounts=AccountStore(store),
        presence=PresenceStore(store),
        opt_outs=build_opt_outs(settings, store),
        senders=SenderStore(store, settings.key),
        carrier=build_carrier(settings),
        rules=SendRules(
            lease_ms=int(settings.lease_seconds * 1000),
            backoff_ms=_ms(settings.send_backoff),
            looks_ms=_ms(settings.reconcile_schedule),
            polls_ms=_ms(settings.receipt_schedule),
            report_ms=settings.first_callback_ms,
            receipt_url=_receipt_address(settings),
            reply_address=_reply_address(settings),
        ),
        pace=CarrierPace(PaceStore(store), rate=settings.carrier_rate, sleep=sleep),
    )


def build_pace(settings: Settings) -> CarrierPace:
    """Build the carrier's pace for who offers messages to the workers."""
    return CarrierPace(PaceStore(connect(settings.redis_url)), rate=settings.carrier_rate)


def build_callback_desk(settings: Settings) -> CallbackDesk:
    """Build what delivering callbacks needs."""
    store = connect(settings.redis_url)
    write = callback_object if settings.callback_format == "json" else callback_payload
    return CallbackDesk(
        callbacks=CallbackStore(store),
        account=remember_accounts(AccountStore(store)),
        sender=build_sender(settings),
        gate=_build_gate(settings),
        payload=partial(write, api_url=settings.api_url, fail_word=settings.fail_word),
        body_format=settings.callback_format,
        schedule=settings.callback_schedule,
        lease_ms=int(settings.lease_seconds * 1000),
        key=settings.key,
    )


def build_teller(settings: Settings) -> tuple[TellDesk, PostDesk]:
    """Build what telling webhooks of events needs: to owe and claim, and to post. Raises SettingsError."""
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set; webhooks are told from the archive in that folder")
    archive, lease_ms = Archive(settings.archive_dir), int(settings.lease_seconds * 1000)
    webhooks, deliveries = WebhookStore(connect(settings.redis_url)), WebhookDeliveries(archive)
    tell = TellDesk(
        webhooks=webhooks,
        events=EventLog(archive),
        deliveries=deliveries,
        holds=WebhookHolds(archive),
        gate=_build_gate(settings),
        pace=Pace(),
        lease_ms=lease_ms,
        most_tries=len(settings.webhook_schedule),
    )
    post = PostDesk(
        webhooks=webhooks,
        deliveries=deliveries,
        sender=build_sender(settings, user_agent="Shortlink-Webhook/1.0"),
        schedule=settings.webhook_schedule,
        lease_ms=lease_ms,
        key=settings.key,
    )
    return tell, post


def _build_gate(settings: Settings) -> EndpointGate:
    threads = settings.worker_threads
    return EndpointGate(most_calls=max(4, threads // 2), threads=threads)


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


def _ms(waits: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(int(wait * 1000) for wait in waits)


def _receipt_address(settings: Settings) -> Callable[[Message], str | None]:
    """Say where the carrier sends a message's receipts; nowhere when Twilio itself cannot reach us."""
    if settings.twilio_url is None and not reachable_from_outside(settings.api_url):
        return lambda _: None
    return lambda message: receipt_url(settings.api_url, message.id, settings.key)


def _reply_address(settings: Settings) -> Callable[[Message], str | None]:
    """Say where answers to a message arrive: with a Messaging Service at its pool, whatever sender was asked for."""
    service = settings.twilio_messaging_service_sid
    return lambda message: service or reply_address(message.sender)


def build_sender(settings: Settings, *, user_agent: str = USER_AGENT) -> CallbackSender:
    """Build the sender of callbacks. Raises SettingsError for a range that may not be allowed."""
    try:
        return CallbackSender(
            allowed_networks=settings.callback_allow,
            timeout_seconds=settings.callback_timeout,
            user_agent=user_agent,
        )
    except ValueError as error:
        raise SettingsError(f"SHORTLINK_CALLBACK_ALLOW {error}") from error


def build_outbox(settings: Settings) -> Outbox:
    """Build the way to RQ."""
    return Outbox(connect_queue(settings.redis_url))
