"""Sending, reading and listing messages."""

from __future__ import annotations

from shortlink.web.openapi.customer import CALLED_BACK
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
    refusals,
    response,
    schema,
)

_SMS = {"recipient": "+818011234567", "sender": "shop", "message": "Sale now https://example.com/sale?id=7"}
_TRACKED = _SMS | {"track_link": "true", "tags": "spring,tokyo"}
_ID = "l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf"


def _follow_ups(pointer: str, *operations: str) -> Json:
    """Say what the id in an answer can be used for."""
    return {
        f"{name}{'OfForm' if '/0/' in pointer else ''}": {
            "operationId": name,
            "parameters": {"msgid": f"$response.body#{pointer}"},
        }
        for name in operations
    }


_NEXT = ("readMessage", "listCallbacks")
SEND: Json = {
    "operationId": "sendMessage",
    "tags": ["Messages"],
    "summary": "Send a message",
    "description": "201 means that the message is stored and will be sent.\n\n"
    "A form is answered with an array, JSON with a bare object. Of a field that comes twice the last one counts, "
    "of `tags` in a form every one.",
    "parameters": [parameter("IdempotencyKey")],
    "requestBody": {
        "required": True,
        "description": "UTF-8, at most 65,536 bytes.",
        "content": {
            FORM: {"schema": schema("NewMessageForm"), "example": _TRACKED},
            JSON: {"schema": schema("NewMessage"), "example": _TRACKED | {"track_link": True, "tags": ["spring"]}},
            MULTIPART: {"schema": schema("NewMessageForm"), "example": _SMS},
        },
    },
    "responses": {
        "201": answer(
            "Accepted.",
            {
                JSON: {
                    "schema": {
                        "anyOf": [schema("Accepted"), list_of(schema("Accepted")) | {"minItems": 1, "maxItems": 1}]
                    },
                    "examples": {"form": {"value": [{"msgid": _ID}]}, "json": {"value": {"msgid": _ID}}},
                }
            },
            headers=("Idempotent-Replayed", *LIMITS),
            links=_follow_ups("/msgid", *_NEXT) | _follow_ups("/0/msgid", *_NEXT),
        ),
        **refusals(400, 401),
        "403": response("ForbiddenFields"),
        **refusals(413, 415),
        "422": response("KeyUsed"),
        **refusals(429, 500, 503),
    },
    "callbacks": CALLED_BACK,
}

STATUS_EXAMPLE: Json = {
    "status": "DELIVERED",
    "sender": "shop",
    "url": f"https://sms.example.com/sms/messages/{_ID}/",
    "sent_time": "2026-11-21 22:56:04",
    "cost": 0.0,
    "msgid": _ID,
    "tags": ["spring", "tokyo"],
    "recipient": "+818011234567",
    "link_tracking": {
        "link": "https://example.com/sale?id=7",
        "shortlink": "https://go.example.com/7gbpv6YAK",
        "accessed": True,
        "accessed_on": "2026-11-21 22:56:07",
        "clicks": 1,
        "clicked_on": ["2026-11-21 22:56:07"],
        "machine_hits": 0,
        "expires_on": "2027-02-19 22:56:04",
        "disabled": False,
    },
    "parts": 1,
}

READ: Json = {
    "operationId": "readMessage",
    "tags": ["Messages"],
    "summary": "Read a message",
    "description": "Not rate-limited.",
    "responses": {
        "200": answer(
            "Where it stands.",
            content(schema("Message"), STATUS_EXAMPLE),
            links=_follow_ups("/msgid", "listCallbacks", "disableLink", "enableLink"),
        ),
        **refusals(401, 404, 500, 503),
    },
}


def _date(name: str, meaning: str) -> Json:
    written = {"name": name, "in": "query", "schema": {"type": "string", "format": "date"}, "description": meaning}
    return written | {"example": "2026-11-21"} if name == "sent_date" else written


LIST: Json = {
    "operationId": "listMessages",
    "tags": ["Messages"],
    "summary": "List messages",
    "description": "Newest first, of the last 90 UTC days and today, 1,000 at most unless the installation says "
    "otherwise.\n\nThe operator stands right after the name `sent_date`: `=`, `<`, `<=`, `>` or `>=`. "
    "`sent_date%3E=2026-11-21` asks for that day and later, `sent_date%3E2026-11-21` for later days only. "
    "`<` and `>` must be percent-encoded. Several conditions all apply.",
    "parameters": [
        _date("sent_date", "Accepted on this UTC day, one of the last 90."),
        _date("sent_date>", "On this day or later: the name and `=` make `sent_date>=`."),
        _date("sent_date<", "On this day or earlier."),
    ],
    "responses": {
        "200": answer(
            "The messages.",
            content(list_of(schema("Message")), [STATUS_EXAMPLE]),
            headers=("X-Truncated", "X-Unreadable", *LIMITS),
        ),
        "400": response("WrongFields"),
        **refusals(401, 429, 500, 503),
    },
}

_BATCHED: Json = {"messages": [_SMS, _SMS | {"recipient": "08011234567"}]}
_OUTCOMES: list[Json] = [{"msgid": _ID}, {"errors": {"recipient": ["Invalid recipient"]}}]

SEND_BATCH: Json = {
    "operationId": "sendBatch",
    "tags": ["Messages"],
    "summary": "Send many messages",
    "description": "Up to 1,000 in one request, each with the fields of a message sent alone. The answer is an array "
    "in the same order: the id of each message that is stored and will be sent, or its faults. A bad one does not "
    "spoil the rest.\n\nThe rate limit counts every message of the batch. With an `Idempotency-Key`, a repeat of the "
    "request accepts what the first try did not, and nothing twice.\n\nAnything but a JSON object with an array of 1 "
    "to 1,000 `messages` is refused as a whole, before anything is accepted.",
    "parameters": [parameter("IdempotencyKey")],
    "requestBody": {
        "required": True,
        "description": "UTF-8, at most 2,097,152 bytes.",
        "content": {JSON: {"schema": schema("NewBatch"), "example": _BATCHED}},
    },
    "responses": {
        "200": answer(
            "What became of each.",
            content(list_of({"anyOf": [schema("Accepted"), schema("Refused")]}), _OUTCOMES),
            headers=("Idempotent-Replayed", *LIMITS),
        ),
        **refusals(400, 401, 413, 415, 429, 500, 503),
    },
}

_MSGID = [parameter("MessageId")]
MESSAGE_PATHS: Json = {
    "/sms/messages/": {"post": SEND, "get": LIST},
    "/sms/messages/batch/": {"post": SEND_BATCH},
    "/sms/messages/{msgid}/": {"parameters": _MSGID, "get": READ},
}
