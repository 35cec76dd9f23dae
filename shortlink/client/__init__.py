"""A client for Python: `Client`, `AsyncClient`, and the check of what a callback claims.

    with Client("https://sms.example.com", sid, token) as client:
        sent = client.send("Sale now https://example.com/ until Sunday", to="+818011234567", sender="shop", track=True)
        print(client.get(sent.msgid).status)

It stands apart from the service: importing it loads none of the server's parts, and `AsyncClient` alone needs HTTPX,
from the extra `client`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shortlink.client.callback import Attempt, Callback
from shortlink.client.errors import (
    ApiError,
    AuthenticationFailed,
    ClientError,
    ConnectionFailed,
    Forbidden,
    IdempotencyMismatch,
    InvalidArgument,
    InvalidRequest,
    InvalidSignature,
    NotFound,
    ServerError,
    ServiceUnavailable,
    Throttled,
)
from shortlink.client.feed import Event, EventPage, LogFile
from shortlink.client.message import (
    BatchEntry,
    DeadTaps,
    Draft,
    LinkTracking,
    Message,
    MessageList,
    Sent,
)
from shortlink.client.received import ReceivedCallback, verify_callback
from shortlink.client.retrying import Retrying
from shortlink.client.webhooks import Delivery, Webhook

if TYPE_CHECKING:
    from shortlink.client.asynchronous import AsyncClient
    from shortlink.client.synchronous import Client

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "AuthenticationFailed",
    "BatchEntry",
    "Callback",
    "Client",
    "ClientError",
    "ConnectionFailed",
    "DeadTaps",
    "Delivery",
    "Draft",
    "Event",
    "EventPage",
    "Forbidden",
    "IdempotencyMismatch",
    "InvalidArgument",
    "InvalidRequest",
    "InvalidSignature",
    "LinkTracking",
    "LogFile",
    "Message",
    "MessageList",
    "NotFound",
    "ReceivedCallback",
    "Retrying",
    "Sent",
    "ServerError",
    "ServiceUnavailable",
    "Throttled",
    "Webhook",
    "verify_callback",
]


def __getattr__(name: str) -> Any:
    """Load a client with its HTTP library when it is first asked for: a receiver that only checks needs neither."""
    if name == "Client":
        from shortlink.client.synchronous import Client  # noqa: PLC0415

        return Client
    if name == "AsyncClient":
        from shortlink.client.asynchronous import AsyncClient  # noqa: PLC0415

        return AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
