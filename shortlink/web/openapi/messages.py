"""Sending, reading and listing messages."""

from __future__ import annotations

from shortlink.domain.draft import SEEN
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
    record,
    refusals,
    response,
    schema,
)

_TEXT: Json = {"type": "string", "pattern": SEEN.pattern}
_SENDER: Json = {"type": "string", "pattern": r"^([A-Za-z0-9]{1,10}|\+?[0-9]{1,15})$"}
_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999}
_TAGS: Json = {"type": "string"}  # without a format: nearly every text is a list of tags
_TAG_LIST: Json = {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 64, "format": "tag"}}
_URL: Json = {"type": "string", "maxLength": 2000, "format": "callback-url"}
# Without `track_link` it is not even looked at, so any value is taken.
_CLICK_URL: Json = {
    "format": "callback-url",
    "examples": ["https://shop.example.com/clicked"],
}
_YES_OR_NO: Json = {"type": "string", "enum": ["true", "false", "1", "0", ""]}
_NULL: Json = {"type": "null"}

_MEANING = {
    "message": "The text; at most 660 characters once the short link is in place.",
    "recipient": "E.164 as it is: no trunk 0, no spaces.",
    "sender": "At most 10 ASCII letters and digits, or at most 15 digits with or without `+`.",
    "callbackurl": "Where the final status is told. Private addresses are refused.",
    "tags": "At most 20 of 64 characters, separated by commas; in JSON also an array.",
    "track_link": "Swaps the first link of the text for a short link; in JSON also `true` and `false`.",
    "lt_callbackurl": "Where the first click is told; checked as `callbackurl` with `track_link`, ignored without.",
}
_SMS = {"recipient": "+818011234567", "sender": "shop", "message": "Sale now https://example.com/sale?id=7"}
_TRACKED = _SMS | {"track_link": "true", "tags": "spring,tokyo"}
_ID = "l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf"


def _fields(url: Json, click_url: Json, tags: Json, track_link: Json, sender: Json) -> Json:
    shapes = {
        "message": _TEXT,
        "recipient": {"type": "string", "format": "e164", "pattern": r"^\+[1-9][0-9]{3,14}$"},
        "sender": sender,
        "callbackurl": url,
        "tags": tags,
        "track_link": track_link,
        "lt_callbackurl": click_url,
    }
    fields = {name: shape | {"description": _MEANING[name]} for name, shape in shapes.items()}
    needed = ("message", "recipient", "sender")
    rest = {name: field for name, field in fields.items() if name not in needed}
    return record({name: fields[name] for name in needed}, rest, "Other fields are ignored.")


FORM_FIELDS = _fields(_URL, _CLICK_URL | {"type": "string"}, _TAGS, _YES_OR_NO, _SENDER)
JSON_FIELDS = _fields(
    url={"anyOf": [_URL, _NULL]},
    click_url=_CLICK_URL,
    tags={"anyOf": [_TAGS, _TAG_LIST, _NULL]},
    track_link={"anyOf": [{"type": "boolean"}, _YES_OR_NO, {"type": "integer", "enum": [0, 1]}, _NULL]},
    sender={"anyOf": [_SENDER, _NUMBER]},
)
# The elements are checked one by one, and a wrong one is answered in its place: here anything may stand.
_BATCH = record({"messages": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"anyOf": [JSON_FIELDS, {}]}}})
_REFUSED = record({"errors": schema("FieldFaults")}, description="Nothing was stored of this one.")
SEND_SCHEMAS: Json = {
    "NewMessage": JSON_FIELDS,
    "NewMessageForm": FORM_FIELDS,
    "NewBatch": _BATCH,
    "Refused": _REFUSED,
}


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
    "A form is answered with an array, JSON with a bare object. Of a field that comes twice the last one counts.",
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
        **refusals(411, 413, 415),
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
    "request accepts what the first try did not, and nothing twice.",
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
        **refusals(400, 401, 411, 413, 415, 429, 500, 503),
    },
}

_MSGID = [parameter("MessageId")]
MESSAGE_PATHS: Json = {
    "/sms/messages/": {"post": SEND, "get": LIST},
    "/sms/messages/batch/": {"post": SEND_BATCH},
    "/sms/messages/{msgid}/": {"parameters": _MSGID, "get": READ},
}
