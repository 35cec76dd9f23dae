"""The two requests that we make to a customer's server."""

from __future__ import annotations

from shortlink.web.openapi.schemas import COUNT, TEXT, TIME
from shortlink.web.openapi.words import FORM, JSON, PUBLIC, Json, record, schema

_FIXED: Json = {
    "status": {"type": "string", "description": "The message's status when the callback arose."},
    "sender": TEXT,
    "url": TEXT,
    "sent_time": TIME,
    "cost": {"type": "number"},
    "msgid": schema("MessageId"),
    "recipient": TEXT,
    "parts": COUNT,
    "kind": {"type": "string", "enum": ["click", "delivery"]},
}
_CLICK: Json = {"link": TEXT, "shortlink": TEXT, "accessed": {"type": "boolean"}, "accessed_on": TIME}
_ERROR: Json = {"code": TEXT}

CALLBACK_SCHEMAS: Json = {
    "CallbackForm": record(
        _FIXED | {"tags": {"type": "string", "description": "Joined by commas."}},
        _CLICK | {"error_code": {"type": "string", "description": "Of lost messages only."}},
        "The link's fields come with a click only. Ignore fields that you do not know.",
    ),
    "CallbackObject": record(
        _FIXED | {"tags": {"type": "array", "items": TEXT}},
        {"link_tracking": record(_CLICK), "error": record(_ERROR)},
        "Instead of the form, where the installation asks for JSON.",
    ),
}


def _signing(name: str, meaning: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": meaning}


def _call(identifier: str, summary: str, description: str) -> Json:
    return {
        "operationId": identifier,
        "tags": ["Your server"],
        "summary": summary,
        "description": f"{description} Answer with exactly 200 within 10 seconds; anything else is tried again, "
        "ten times at most. The signature is that of Standard Webhooks, made over the raw body.",
        "security": PUBLIC,
        "parameters": [
            _signing("webhook-id", "The event; the same on every try."),
            _signing("webhook-timestamp", "When this try was made, in seconds since 1970."),
            _signing("webhook-signature", "`v1,` and base64; several for two days after a rotation."),
        ],
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": schema("CallbackForm")}, JSON: {"schema": schema("CallbackObject")}},
        },
        "responses": {
            "200": {"description": "Received."},
            "410": {"description": "Gone for good: it is not tried again."},
            "default": {"description": "Not received: it is tried again."},
        },
    }


CALLED_BACK: Json = {
    "delivery": {
        "{$request.body#/callbackurl}": {
            "post": _call("onDelivery", "The final status", "Once, when the message is `DELIVERED` or `FAIL`.")
        }
    },
    "click": {
        "{$request.body#/lt_callbackurl}": {
            "post": _call("onClick", "The first click", "Once, on the first click that counts.")
        }
    },
}
