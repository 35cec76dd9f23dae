"""A message that everything happens to: in the store, and as the events that a recorder would keep of it."""

from __future__ import annotations

from bench.past import event_of
from shortlink.bootstrap.doors import Services
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus


def live_through(services: Services, message_id: str) -> list[Event]:
    """Let a message be sent, delivered, previewed and tapped, and its click be told: once in vain, once well.

    Returns the events that a recorder would keep of it.
    """
    message = services.messages.get(message_id)
    code, delivered = message.code, DeliveryReceipt(carrier_id="SM" + "5" * 32, status=MessageStatus.DELIVERED)
    services.sendings.claim(code, lease_ms=60_000, first_look_ms=0)
    services.sendings.advance(code, delivered, poll_ms=0, report_ms=0)
    preview, tap = (
        Judgement(verdict=Verdict.PREVIEW, rule="apple-messages"),
        Judgement(verdict=Verdict.HUMAN, rule="browser"),
    )
    services.links.follow(code, preview, spends=False, callback_ms=0)
    services.links.follow(code, tap, spends=True, callback_ms=0)
    at, met = message.accepted_at, message_of(message)
    for place, (status, state) in enumerate(((500, CallbackState.PENDING), (200, CallbackState.DELIVERED))):
        claim = services.callbacks.claim(code, CallbackKind.CLICK, lease_ms=60_000)
        assert claim is not None
        attempt = Attempt(at=at + 9000 + 5000 * place, duration_ms=31, status_code=status)
        services.callbacks.finish(claim, attempt, state=state)
    return [
        event_of(met, EventType.MESSAGE_ACCEPTED, at),
        event_of(met, EventType.MESSAGE_SUBMITTED, at + 210),
        event_of(met, EventType.MESSAGE_DELIVERED, at + 3120),
        event_of(met, EventType.LINK_PREVIEWED, at + 4090, verdict="preview", rule="apple-messages"),
        event_of(met, EventType.LINK_CLICKED, at + 8800, verdict="human", rule="browser", first=True),
    ]


def message_of(message: Message) -> MetMessage:
    """Write a message down as a recorder does when it meets it."""
    return MetMessage(
        code=message.code,
        message_id=message.id,
        account=message.account,
        recipient=message.recipient,
        sender=message.sender,
        tags=message.tags,
        accepted_at=message.accepted_at,
        status=MessageStatus.ACCEPTED.value,
        segments=message.segments,
        link=message.link.link if message.link else None,
        expires_at=message.link.expires_at if message.link else None,
    )
