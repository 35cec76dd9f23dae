"""The shapes of what the API answers."""

from __future__ import annotations

from typing import Any

from shortlink.domain.message_id import MESSAGE_ID_FORM
from shortlink.web.openapi.words import Json, list_of, record, schema

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", "description": "UTC."}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
MESSAGE_ID = {"type": "string", "pattern": f"^{MESSAGE_ID_FORM}$"}
CALLBACK_ID = {"type": "string", "pattern": "^[0-9A-Za-z]{32}-(click|report)$"}


def told(shape: Json, description: str) -> Json:
    """Add what a field means; `UTC.` and the like stay behind it."""
    return shape | {"description": f"{description} {shape.get('description', '')}".strip()}


def _nullable(shape: Json) -> Json:
    return shape | {"type": [shape["type"], "null"]}


def _link_tracking() -> Json:
    return record(
        {
            "link": told(TEXT, "The link as it stood in your text."),
            "shortlink": told(TEXT, "What stands in the SMS instead."),
            "accessed": {"type": "boolean", "description": "Whether a person has opened it."},
            "accessed_on": told(_nullable(TIME), "When a person first did."),
            "clicks": told(COUNT, "*Ours.* Clicks so far."),
            "clicked_on": list_of(TIME) | {"maxItems": 20, "description": "*Ours.* Times of the first 20 clicks."},
            "machine_hits": told(COUNT, "*Ours.* Previews, prefetches and scanners, no clicks; HEAD is neither."),
            "expires_on": told(TIME, "*Ours.* When the short link ends."),
            "disabled": {"type": "boolean", "description": "*Ours.* Whether it was switched off."},
        },
        {"dead_taps": _dead_taps()},
        description="What became of the short link.",
    )


def _dead_taps() -> Json:
    return record(
        {
            "count": told(COUNT, "How many."),
            "first_on": told(TIME, "When the first came."),
            "last_on": told(TIME, "When the last came."),
        },
        description="*Ours.* Taps that would have counted and led nowhere: too late, or while the link or its account "
        "was switched off. Absent when there was none.",
    )


def _message(fail_word: str) -> Json:
    status = {
        "type": "string",
        "enum": ["QUEUED", "DELIVERING", "DELIVERED", fail_word],
        "description": "The last two are final.",
    }
    link = {
        "anyOf": [schema("LinkTracking"), {"type": "null"}],
        "description": "Absent when tracking was not asked for, null when there was no link to swap.",
    }
    error = record({"code": told(TEXT, "The carrier's, or ours.")}, {"reason": told(TEXT, "In words.")})
    return record(
        {
            "status": status,
            "sender": TEXT,
            "url": told(TEXT, "Where this is read."),
            "sent_time": told(TIME, "When the message was accepted."),
            "cost": {"type": "number", "minimum": 0, "description": "By the installation's prices."},
            "msgid": schema("MessageId"),
            "tags": list_of(TEXT),
            "recipient": told(TEXT, "Empty once it was erased."),
            "parts": told(COUNT, "*Ours.* Segments of the text sent."),
        },
        {
            "link_tracking": link,
            "submission": {
                "type": "string",
                "enum": ["unknown", "unconfirmed"],
                "description": "*Ours.* Only while in doubt: being looked for at the carrier, or not found and held.",
            },
            "error": error | {"description": "*Ours.* Only of lost messages."},
        },
        "Where a message stands.",
    )


def _callback() -> Json:
    attempt = record(
        {
            "number": {"type": "integer", "minimum": 1, "description": "Which of `tries` it was."},
            "at": TIME,
            "duration_ms": COUNT,
            "status_code": {"type": ["integer", "null"]},
            "error": {
                "enum": ["refused", "dns", "connect", "tls", "timeout", "reset", "protocol", None],
                "description": "Why there was no status code.",
            },
        }
    )
    return record(
        {
            "id": schema("CallbackId"),
            "kind": {"type": "string", "enum": ["click", "delivery"]},
            "url": TEXT,
            "state": {
                "type": "string",
                "enum": ["pending", "delivered", "exhausted", "stopped"],
                "description": "`exhausted` after ten tries; `stopped` by a 410, or if the address may not be called.",
            },
            "tries": COUNT,
            "attempts": list_of(attempt),
        },
        description="A callback that is owed or was made.",
    )


def _problem() -> Json:
    return record(
        {
            "type": told(TEXT, "Always `about:blank`: the status says what kind it is."),
            "title": TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": told(TEXT, "For the reader; never holds what was sent."),
        },
        description="A problem document (RFC 9457).",
    )


def build_schemas(fail_word: str) -> dict[str, Any]:
    """Describe every shape; `fail_word` is the status of a lost message."""
    return {
        "MessageId": MESSAGE_ID | {"description": "Names a message.", "examples": ["l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf"]},
        "CallbackId": CALLBACK_ID | {"description": "Names a callback: its event id."},
        "Accepted": record({"msgid": schema("MessageId")}, description="The message is stored and will be sent."),
        "Message": _message(fail_word),
        "LinkTracking": _link_tracking(),
        "Callback": _callback(),
        "Redelivery": record(
            {
                "id": schema("CallbackId"),
                "state": {"type": "string", "const": "pending"},
                "reopened": {"type": "boolean", "description": "False when it was being tried anyway."},
            }
        ),
        "FieldFaults": {
            "type": "object",
            "description": "Every fault at once: the name of a field, and what is wrong with it.",
            "minProperties": 1,
            "additionalProperties": {"type": "array", "items": TEXT, "minItems": 1},
        },
        "Detail": record({"detail": TEXT}, description="The shape of 401 and 429."),
        "Problem": _problem(),
    }
