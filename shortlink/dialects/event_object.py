"""How an event is written for a customer: the same object in a webhook and wherever else events are told as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shortlink.domain.event import Event


def event_object(event: Event) -> dict[str, Any]:
    """Write an event: `id`, `type`, `timestamp` and `data`, whose fields hang on the type."""
    return envelope(event.id, event.type.value, event.at, event_data(event))


def envelope(identifier: str, type_: str, at: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put the four fields together that every webhook has."""
    return {"id": identifier, "type": type_, "timestamp": timestamp(at), "data": dict(data)}


def event_data(event: Event) -> dict[str, Any]:
    """Write what an event is about and what only its type has; what is empty is left out."""
    about: dict[str, Any] = {
        "msgid": event.message_id,
        "recipient": event.recipient,
        "sender": event.sender,
        "tags": list(event.tags),
    }
    return {name: value for name, value in about.items() if value} | event.data


def flat_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Write an event object without nesting, as a form needs it."""
    return {name: value for name, value in event.items() if name != "data"} | dict(event["data"])


def timestamp(at: int) -> str:
    """Write a time in ISO 8601, to the millisecond, in UTC."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"
