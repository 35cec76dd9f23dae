"""Build what attending to messages needs."""

from __future__ import annotations

import time
from collections.abc import Callable

from shortlink.bootstrap.carrier import build_carrier
from shortlink.bootstrap.pace import build_pace
from shortlink.bootstrap.stores import build_opt_outs
from shortlink.config import Settings
from shortlink.domain.inbound import reply_address
from shortlink.domain.message import Message
from shortlink.domain.public_address import reachable_from_outside
from shortlink.domain.receipt_address import receipt_url
from shortlink.storage.accounts import AccountStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import connect
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.send_desk import SendDesk, SendRules, make_send_desk


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
        pace=build_pace(settings, store, sleep=sleep),
    )


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
    return lambda message: reply_address(message.sender, service=service)
