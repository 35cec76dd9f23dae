"""How a webhook, and what is asked for it, are kept as JSON, and what of it may be believed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.errors import WebhookUnreadable
from shortlink.domain.event import EventType
from shortlink.domain.webhook import Batch, PauseReason, Webhook

_FIELDS = frozenset(each.name for each in fields(Webhook))
_NEEDED = ("id", "account", "url", "events", "created_at")
_TYPES = frozenset(type_.value for type_ in EventType)
_REASONS = frozenset(reason.value for reason in PauseReason)


def pack_webhook(webhook: Webhook) -> str:
    """Write a webhook as it is kept, with what only a later version knows of it."""
    values = asdict(webhook)
    later = {"events": [*values["events"], *values.pop("later_events")]} | values.pop("later_fields")
    return json.dumps(values | later, ensure_ascii=False, separators=(",", ":"))


def unpack_webhook(sid: str, identifier: str, packed: str) -> Webhook:
    """Read a webhook as it is kept; what a later version wrote of it is carried along. Raises WebhookUnreadable."""
    given = _read_object(sid, identifier, packed)
    if missing := [name for name in _NEEDED if name not in given]:
        raise WebhookUnreadable(sid, identifier, f"its field {missing[0]} is missing")
    values: dict[str, Any] = {"later_fields": {name: given[name] for name in given.keys() - _FIELDS}}
    for name in given.keys() & _READERS.keys():
        try:
            values[name] = _READERS[name](given[name])
        except (ValueError, TypeError, KeyError):  # the text of these would show what stands there
            raise WebhookUnreadable(sid, identifier, f"its field {name} holds what it never may") from None
    if (values["account"], values["id"]) != (sid, identifier):
        raise WebhookUnreadable(sid, identifier, "its fields account and id name another")
    values["later_events"] = tuple(word for word in values["events"] if word not in _TYPES)
    values["events"] = tuple(EventType(word) for word in values["events"] if word in _TYPES)
    return Webhook(**values)


def _read_object(sid: str, identifier: str, packed: str) -> dict[str, Any]:
    try:
        given = json.loads(packed)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise WebhookUnreadable(sid, identifier, "it is no JSON object")
    return given


def read_text(value: Any) -> str:
    """Take a text that can be sent on. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("no text")
    value.encode()
    return value


def read_count(value: Any) -> int:
    """Take a count or a time in UTC milliseconds. Raises ValueError."""
    if type(value) is not int or not 0 <= value <= END_OF_TIME:
        raise ValueError("no number that a webhook can hold")
    return value


def _identity(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("no identity of an archive")
    return value


def _above_0(value: Any) -> float:
    if type(value) not in (int, float) or not (math.isfinite(value) and value > 0):
        raise ValueError("no number above 0")
    return float(value)


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("no list")
    return tuple(map(read_text, value))


def _batch(value: Any) -> Batch:
    most, seconds = read_count(value["most"]), value["seconds"]
    if most < 1 or set(value) != {"most", "seconds"}:
        raise ValueError("no batch")
    return Batch(most=most, seconds=_above_0(seconds) if seconds else 0.0)


def _pause(value: Any) -> str:
    """Take why it is paused; a word of a later version says so as well, and stays as it is."""
    word = read_text(value)
    if not word:
        raise ValueError("no reason")
    return PauseReason(word) if word in _REASONS else word


def _format(value: Any) -> str:
    if value not in ("json", "form"):
        raise ValueError("no format")
    return str(value)


def _times_by_word(value: Any) -> dict[str, int]:
    return {read_text(word): read_count(at) for word, at in dict(value).items()}


def _rotations(value: Any) -> tuple[int, ...]:
    """Take the times of rotations: a list, or a single time or null, as it was written at first."""
    times = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(map(read_count, times))


_READERS: dict[str, Callable[[Any], Any]] = {
    "id": read_text,
    "account": read_text,
    "url": read_text,
    "events": _words,
    "created_at": read_count,
    "begins_after": read_count,
    "archive": _identity,
    "body_format": _format,
    "tag": _or_none(read_text),
    "description": read_text,
    "batch": _or_none(_batch),
    "rate": _above_0,
    "paused": _or_none(_pause),
    "paused_at": _or_none(read_count),
    "resumed_at": read_count,
    "added_at": _times_by_word,
    "secret_version": read_count,
    "secret_rotated_at": _rotations,
}
