"""Build what POSTs to customers."""

from __future__ import annotations

from functools import partial

from shortlink.callbacks import USER_AGENT, CallbackSender
from shortlink.config import Settings
from shortlink.dialects.xoxzo import callback_object, callback_payload
from shortlink.domain.errors import SettingsError
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import connect
from shortlink.use_cases.deliver_callback import CallbackDesk, remember_accounts
from shortlink.use_cases.endpoint_gate import EndpointGate


def build_callback_desk(settings: Settings) -> CallbackDesk:
    """Build what delivering callbacks needs."""
    store = connect(settings.redis_url)
    write = callback_object if settings.callback_format == "json" else callback_payload
    return CallbackDesk(
        callbacks=CallbackStore(store),
        account=remember_accounts(AccountStore(store)),
        sender=build_sender(settings),
        gate=build_gate(settings),
        payload=partial(write, api_url=settings.api_url, fail_word=settings.fail_word),
        body_format=settings.callback_format,
        schedule=settings.callback_schedule,
        lease_ms=int(settings.lease_seconds * 1000),
        key=settings.key,
    )


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


def build_gate(settings: Settings) -> EndpointGate:
    """Build what bounds the calls under way to one endpoint."""
    threads = settings.worker_threads
    return EndpointGate(most_calls=max(4, threads // 2), threads=threads)
