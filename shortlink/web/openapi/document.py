"""The whole document."""

from __future__ import annotations

from shortlink.web.openapi.callbacks import CALLBACK_PATHS, CALLBACK_RANGE
from shortlink.web.openapi.customer import CALLBACK_SCHEMAS
from shortlink.web.openapi.errors import RESPONSES
from shortlink.web.openapi.headers import HEADERS
from shortlink.web.openapi.links import link_paths
from shortlink.web.openapi.logs import LOG_PATHS, LOG_SCHEMAS
from shortlink.web.openapi.message_fields import SEND_SCHEMAS
from shortlink.web.openapi.messages import MESSAGE_PATHS
from shortlink.web.openapi.schemas import build_schemas
from shortlink.web.openapi.service import SERVICE_PATHS
from shortlink.web.openapi.webhook_schemas import WEBHOOK_SCHEMAS
from shortlink.web.openapi.webhooks import WEBHOOK_PATHS
from shortlink.web.openapi.words import Json, schema

VERSION = "1"
_ABOUT = """Wire-compatible with the SMS API of Xoxzo: a published Xoxzo client works when its base URL is changed. \
What is marked *ours* is an extension.

Addresses are answered with or without a slash at the end, and nothing redirects. GET addresses answer HEAD, \
and all answer OPTIONS. Times are UTC. An address that does not exist and a method that it does not take are \
answered with 404 and 405, both as problem documents; \
the redirect door shows a small page instead."""
_TAGS = {
    "Messages": "Send them and see where they stand.",
    "Callbacks": "What we told your server, and telling it again.",
    "Logs": "Everything that happened, to read on or to download.",
    "Webhooks": "Your addresses that are told of events.",
    "Links": "What stands in the SMS.",
    "Service": "For monitoring and for machines.",
    "Carrier": "Where delivery receipts and answers arrive.",
    "Your server": "The requests that we make to you.",
}
_PARAMETERS: Json = {
    "MessageId": {
        "name": "msgid",
        "in": "path",
        "required": True,
        "schema": schema("MessageId"),
        "description": "The message.",
    },
    "CallbackId": {
        "name": "callback_id",
        "in": "path",
        "required": True,
        "schema": schema("CallbackId"),
        "description": "The callback: its event id.",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "pattern": r"^[!-~]([ -~]{0,253}[!-~])?$"},
        "description": "*Ours.* 1 to 255 printable ASCII characters. A repeat within 24 hours sends nothing and is "
        "answered as the first time. A request with several of these headers is refused.",
        "example": "order-4711",
    },
}


def build_document(*, api_url: str, link_url: str, fail_word: str) -> Json:
    """Write the document of an installation: its addresses, and its word for a lost message."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "shortlink",
            "version": VERSION,
            "summary": "SMS with trackable short links",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": api_url}],
        "security": [{"account": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": MESSAGE_PATHS | CALLBACK_PATHS | LOG_PATHS | WEBHOOK_PATHS | link_paths(link_url) | SERVICE_PATHS,
        "components": {
            "securitySchemes": {
                "account": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The SID is the user name, the token the password.",
                }
            },
            "schemas": build_schemas(fail_word)
            | SEND_SCHEMAS
            | CALLBACK_SCHEMAS
            | LOG_SCHEMAS
            | WEBHOOK_SCHEMAS
            | {"CallbackRange": CALLBACK_RANGE},
            "parameters": _PARAMETERS,
            "headers": HEADERS,
            "responses": RESPONSES,
        },
    }
