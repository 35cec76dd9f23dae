"""Looking at callbacks and having them made again."""

from __future__ import annotations

from shortlink.web.openapi.errors import LIMITS
from shortlink.web.openapi.words import (
    FORM,
    JSON,
    MULTIPART,
    Json,
    answer,
    content,
    list_of,
    parameter,
    record,
    refusals,
    schema,
)

_ID = "l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf"
_ENTRY = {
    "id": f"{_ID}-click",
    "kind": "click",
    "url": "https://shop.example.com/clicked",
    "state": "delivered",
    "tries": 2,
    "attempts": [
        {"number": 1, "at": "2026-11-21 22:56:07", "duration_ms": 8, "status_code": 500, "error": None},
        {"number": 2, "at": "2026-11-21 22:56:13", "duration_ms": 3, "status_code": 200, "error": None},
    ],
}
_RANGE = {"from": "2026-11-20", "to": "2026-11-21"}
_DAY = {"type": "string", "format": "date"}

CALLBACK_RANGE: Json = record(
    {
        "from": _DAY | {"description": "The first UTC day on which the messages were sent."},
        "to": _DAY | {"description": "The last day, included; at most 90 days later."},
    }
)

LIST: Json = {
    "operationId": "listCallbacks",
    "tags": ["Callbacks"],
    "summary": "Callbacks of a message",
    "description": "*Ours.* What is owed or was tried. A callback appears with the first click or the final status. "
    "`attempts` holds the newest 30 tries, without those that a crash cut off, the oldest first; `tries` counts all."
    "",
    "responses": {
        "200": answer(
            "The callbacks and their tries.",
            content(list_of(schema("Callback")), [_ENTRY]),
            links={
                "redeliver": {
                    "operationId": "redeliverCallback",
                    "parameters": {"msgid": "$request.path.msgid", "callback_id": "$response.body#/0/id"},
                }
            },
        ),
        **refusals(401, 404, 500, 503),
    },
}

REDELIVER: Json = {
    "operationId": "redeliverCallback",
    "tags": ["Callbacks"],
    "summary": "Redeliver a callback",
    "description": "*Ours.* Begins another round of ten tries, delivered or not, with the same event id and fields. "
    "A callback that is being tried anyway has its next try brought forward. However often it is asked for, no try is "
    "made for it earlier than 10 seconds after the last one ended.",
    "responses": {
        "202": answer(
            "The tries are made by and by.",
            content(schema("Redelivery"), {"id": f"{_ID}-click", "state": "pending", "reopened": True}),
            headers=LIMITS,
        ),
        **refusals(401, 404, 429, 500, 503),
    },
}

REDELIVER_RANGE: Json = {
    "operationId": "redeliverRange",
    "tags": ["Callbacks"],
    "summary": "Redeliver all that never arrived",
    "description": "*Ours.* After an outage of your server: every callback that ended without a 200, "
    "of messages sent on these days. Counts as ten redeliveries against the limit.",
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": schema("CallbackRange"), "example": _RANGE} for kind in (FORM, JSON, MULTIPART)},
    },
    "responses": {
        "202": answer(
            "How many are tried again.",
            content(record({"redelivering": {"type": "integer", "minimum": 0}}), {"redelivering": 12}),
            headers=LIMITS,
        ),
        **refusals(400, 401, 413, 415, 429, 500, 503),
    },
}

CALLBACK_PATHS: Json = {
    "/sms/messages/{msgid}/callbacks/": {"parameters": [parameter("MessageId")], "get": LIST},
    "/sms/messages/{msgid}/callbacks/{callback_id}/redeliver/": {
        "parameters": [parameter("MessageId"), parameter("CallbackId")],
        "post": REDELIVER,
    },
    "/sms/callbacks/redeliver/": {"post": REDELIVER_RANGE},
}
