"""The request that we make to a webhook."""

from __future__ import annotations

from shortlink.domain.webhook import TEST_TYPE, TOLD_OF
from shortlink.web.openapi.schemas import TEXT, told
from shortlink.web.openapi.words import FORM, JSON, PUBLIC, Json, list_of, record, schema

EVENT_SCHEMAS: Json = {
    "WebhookEvent": record(
        {
            "id": told(TEXT, "Names the event, in the log files and in the feed as well."),
            "type": {"type": "string", "enum": [*(type_.value for type_ in TOLD_OF), TEST_TYPE]},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": {
                "type": "object",
                "properties": {"msgid": schema("MessageId"), "recipient": TEXT, "sender": TEXT, "tags": list_of(TEXT)},
                "additionalProperties": True,
                "description": "Whom and what it is about, and what only its type has; see docs/webhooks.md.",
            },
        },
        description="Something that happened.",
    )
}


def _signing(name: str, meaning: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": TEXT, "description": meaning}


EVENT_TOLD: Json = {
    "event": {
        "{$request.body#/url}": {
            "post": {
                "operationId": "onEvent",
                "tags": ["Your server"],
                "summary": "An event",
                "description": "One POST an event, or a batch of them as an array. Answer with any 2xx within "
                "10 seconds; anything else is tried again, over three days. The signature is that of Standard "
                "Webhooks, made over the raw body with the webhook's own secret.",
                "security": PUBLIC,
                "parameters": [
                    _signing("webhook-id", "The event, or the batch; the same on every try."),
                    _signing("webhook-timestamp", "When this try was made, in seconds since 1970."),
                    _signing("webhook-signature", "`v1,` and base64; several for two days after a rotation."),
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        JSON: {"schema": {"anyOf": [schema("WebhookEvent"), list_of(schema("WebhookEvent"))]}},
                        FORM: {"schema": {"type": "object", "additionalProperties": TEXT}},
                    },
                },
                "responses": {
                    "2XX": {"description": "Received."},
                    "410": {"description": "Gone: the webhook is paused."},
                    "default": {"description": "Not received: it is tried again."},
                },
            }
        }
    }
}
