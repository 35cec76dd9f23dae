"""What a webhook is made of, as it is given and as it is told, and one try of its log."""

from __future__ import annotations

from shortlink.domain.webhook import TOLD_OF
from shortlink.domain.webhook_draft import HIGHEST_RATE, LONGEST_BATCH_SECONDS, MAX_DESCRIPTION, MOST_IN_BATCH
from shortlink.web.openapi.schemas import COUNT, TEXT, told
from shortlink.web.openapi.webhook_events import EVENT_SCHEMAS
from shortlink.web.openapi.words import Json, list_of, record

_TYPES: Json = {"type": "string", "enum": [type_.value for type_ in TOLD_OF]}
_NULL: Json = {"type": "null"}
_MOMENT: Json = {"type": "string", "format": "date-time", "examples": ["2026-11-22T01:23:45.678Z"]}
_BATCH = record(
    {},
    {
        "most": {"type": "integer", "minimum": 2, "maximum": MOST_IN_BATCH},
        "seconds": {"type": "number", "minimum": 0, "maximum": LONGEST_BATCH_SECONDS},
    },
    "Several events in one POST, as a JSON array: as many as `most`, or what there is after `seconds`.",
) | {"additionalProperties": False}
_RATE: Json = {"type": "number", "minimum": 0.1, "maximum": HIGHEST_RATE, "description": "POSTs a second, at most."}
_FIELDS: Json = {
    "url": {"type": "string", "maxLength": 2000, "format": "callback-url", "description": "Where events are POSTed."},
    "events": {
        "anyOf": [list_of(_TYPES) | {"minItems": 1}, {"type": "string", "format": "event-types"}],
        "description": "Exactly what is told; as text joined by commas.",
    },
    "format": {"type": "string", "enum": ["json", "form"], "description": "json unless given."},
    "tag": {
        "anyOf": [{"type": "string", "maxLength": 64, "format": "tag"}, _NULL],
        "description": "Only events of messages with this tag.",
    },
    "description": {
        "anyOf": [{"type": "string", "maxLength": MAX_DESCRIPTION, "pattern": "^[ -~]*$"}, _NULL],
        "description": "For you.",
    },
    "batch": {"anyOf": [_BATCH, _NULL], "description": "JSON only; none unless given."},
    "rate": _RATE,
}
_STATE: Json = {
    "id": {"type": "string", "pattern": "^wh_[0-9A-Za-z]{16}$"},
    "url": TEXT,
    "events": list_of(_TYPES),
    "format": {"type": "string", "enum": ["json", "form"]},
    "tag": {"type": ["string", "null"]},
    "description": TEXT,
    "batch": {"anyOf": [_BATCH, _NULL]},
    "rate": _RATE,
    "created_at": _MOMENT,
    "state": {"type": "string", "enum": ["active", "paused"]},
    "paused_because": {
        "type": ["string", "null"],
        "examples": ["asked", "gone", "failing", None],
        "description": "`gone` after an answer 410, `failing` when every try failed for five days; a later version that"
        " wrote it may have other words.",
    },
    "paused_at": {"anyOf": [_MOMENT, _NULL]},
    "owed": told({"type": ["integer", "null"], "minimum": 0}, "Deliveries that are still to be made."),
    "failing_since": {"anyOf": [_MOMENT, _NULL], "description": "Every try since then failed."},
    "last_arrived_at": {"anyOf": [_MOMENT, _NULL]},
}
_ATTEMPT = record(
    {
        "cursor": told(COUNT, "For `before`."),
        "at": _MOMENT,
        "id": told(TEXT, "The `webhook-id`: the event's, or the batch's."),
        "types": list_of(TEXT),
        "events": told(COUNT, "How many were in it; 0 for a test."),
        "try": {"type": "integer", "minimum": 1},
        "status_code": {"type": ["integer", "null"]},
        "error": {
            "enum": ["refused", "dns", "connect", "tls", "timeout", "reset", "protocol", "erased", "died", None],
            "description": "Why there was no status code.",
        },
        "duration_ms": COUNT,
        "state": {
            "type": "string",
            "enum": ["pending", "delivered", "exhausted", "dropped"],
            "description": "What it led to.",
        },
    }
)
_SECRET_FIELD = {"secret": told(TEXT, "Signs what is sent; shown now and never again.")}
WEBHOOK_SCHEMAS: Json = {
    "NewWebhook": record({name: _FIELDS[name] for name in ("url", "events")}, _FIELDS)
    | {"additionalProperties": False},
    "NewWebhookForm": record(
        {"url": _FIELDS["url"], "events": {"type": "string", "format": "event-types"}},
        {
            "format": _FIELDS["format"],
            "tag": {"type": "string", "maxLength": 64, "format": "tag"},
            "description": {"type": "string", "maxLength": MAX_DESCRIPTION, "pattern": "^[ -~]*$"},
            "rate": {"type": "string", "enum": ["0.5", "10", "200"], "description": "A number from 0.1 to 200."},
        },
    )
    | {"additionalProperties": False},
    "WebhookChange": record({}, _FIELDS) | {"additionalProperties": False},
    "Webhook": record(_STATE, description="An address that is told of events."),
    "WebhookWithSecret": record(_STATE | _SECRET_FIELD),
    "WebhookAttempt": _ATTEMPT,
    **EVENT_SCHEMAS,
}
