"""What is asked of webhooks: made, changed, tested, told again."""

from __future__ import annotations

from shortlink.domain.account import MOST_SECRETS, TooManyRotations
from shortlink.domain.webhook import MOST_ASKED
from shortlink.web.openapi.errors import LIMITS, problem
from shortlink.web.openapi.schemas import COUNT, TEXT
from shortlink.web.openapi.webhook_events import EVENT_TOLD
from shortlink.web.openapi.words import (
    FORM,
    JSON,
    MULTIPART,
    Json,
    answer,
    content,
    list_of,
    record,
    refusals,
    response,
    schema,
)
from shortlink.web.query import MOST_NUMBER

_ID = "wh_8ZqTnCm4kYd2RvBs"
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD9nQ7hTQm7bk="
_EXAMPLE: Json = {
    "id": _ID,
    "url": "https://shop.example.com/events",
    "events": ["message.delivered", "message.failed", "link.clicked"],
    "format": "json",
    "tag": None,
    "description": "the shop",
    "batch": None,
    "rate": 50.0,
    "created_at": "2026-11-22T01:23:45.678Z",
    "state": "active",
    "paused_because": None,
    "paused_at": None,
    "owed": 0,
    "failing_since": None,
    "last_arrived_at": None,
}
_GIVEN: Json = {"url": "https://shop.example.com/events", "events": ["message.delivered", "link.clicked"]}
_FORM: Json = _GIVEN | {"events": "message.delivered,link.clicked"}
_REFUSED = refusals(400, 401, 404, 413, 415, 429, 500, 503)
_PAUSED = {
    "409": problem(
        409,
        f"It is paused; or {MOST_ASKED} tests and replays of the account wait to be done.",
        "The webhook is paused, so nothing is sent to it; resume it first.",
        *LIMITS,
    )
}
_SECRETS = {
    "409": problem(409, "Too many secrets sign at present.", f"Nothing was changed: {TooManyRotations(1)}.", *LIMITS)
}
_IN_PATH = [
    {
        "name": "webhook_id",
        "in": "path",
        "required": True,
        "schema": TEXT,
        "example": _ID,
        "description": "The webhook.",
    }
]


def _operation(
    identifier: str, summary: str, responses: Json, *, description: str = "", body: Json | None = None
) -> Json:
    written: Json = {"operationId": identifier, "tags": ["Webhooks"], "summary": summary}
    if description:
        written["description"] = description
    if body:
        written["requestBody"] = {"required": True, "content": body}
    return written | {"responses": responses}


def _shown(description: str = "The webhook as it stands.") -> Json:
    return {"200": answer(description, content(schema("Webhook"), _EXAMPLE), headers=LIMITS)}


def _with_secret(status: str, description: str) -> Json:
    return {
        status: answer(
            description, content(schema("WebhookWithSecret"), _EXAMPLE | {"secret": _SECRET}), headers=LIMITS
        )
    }


def _sub(name: str, responses: Json, identifier: str, summary: str, description: str) -> tuple[str, Json]:
    operation = _operation(identifier, summary, responses | refusals(401, 404, 429, 500, 503), description=description)
    return f"/webhooks/{{webhook_id}}/{name}/", {"parameters": _IN_PATH, "post": operation}


_DELIVERIES = _operation(
    "listWebhookDeliveries",
    "Its delivery log",
    {
        "200": answer("The tries, the newest `at` first.", content(list_of(schema("WebhookAttempt")))),
        "400": response("WrongFields"),
        **refusals(401, 404, 500, 503),
    },
) | {
    "parameters": [
        {
            "name": "limit",
            "in": "query",
            "schema": COUNT | {"minimum": 1, "maximum": 500},
            "description": "At most so many, 500 at most; 100 unless given.",
        },
        {
            "name": "before",
            "in": "query",
            "schema": COUNT | {"maximum": MOST_NUMBER},
            "description": "The `cursor` of the last one seen.",
        },
    ]
}
_POINT: Json = {"type": ["string", "integer"]}
_RANGE = record(
    {"from": _POINT, "to": _POINT},
    description="Times, as in 2026-11-22T01:23:45Z, or in milliseconds since 1970; `to` is not included.",
)
_REPLAYED = {"from": "2026-11-21T00:00:00.000Z", "to": "2026-11-22T00:00:00.000Z"}
WEBHOOK_PATHS: Json = {
    "/webhooks/": {
        "post": _operation(
            "createWebhook",
            "Make a webhook",
            _with_secret("201", "Made; `secret` is shown once.") | refusals(400, 401, 413, 415, 429, 500, 503),
            description="*Ours.* Only what happens from now on is told, and only the types that are named. "
            "An account can have 20.",
            body={JSON: {"schema": schema("NewWebhook"), "example": _GIVEN}}
            | {kind: {"schema": schema("NewWebhookForm"), "example": _FORM} for kind in (FORM, MULTIPART)},
        )
        | {"callbacks": EVENT_TOLD},
        "get": _operation(
            "listWebhooks",
            "List webhooks",
            {
                "200": answer("Oldest first.", content(list_of(schema("Webhook")), [_EXAMPLE])),
                **refusals(401, 500, 503),
            },
        ),
    },
    "/webhooks/{webhook_id}/": {
        "parameters": _IN_PATH,
        "get": _operation("readWebhook", "Read a webhook", _shown() | refusals(401, 404, 500, 503)),
        "patch": _operation(
            "changeWebhook",
            "Change a webhook",
            _shown() | refusals(400, 401, 404, 413, 415, 429, 500, 503),
            description="Only what is given changes. An event type that is added is told of from now on.",
            body={JSON: {"schema": schema("WebhookChange"), "example": {"rate": 10}}},
        ),
        "delete": _operation(
            "deleteWebhook",
            "Delete a webhook",
            {"204": answer("Gone.", headers=LIMITS), **refusals(401, 404, 429, 500, 503)},
        ),
    },
    **dict(
        (
            _sub("pause", _shown(), "pauseWebhook", "Pause", "What happens meanwhile is kept for it."),
            _sub("resume", _shown(), "resumeWebhook", "Resume", "Goes on where it stopped."),
            _sub(
                "rotate-secret",
                _with_secret("200", "The new secret.") | _SECRETS,
                "rotateWebhookSecret",
                "Give it a new secret",
                f"The old one signs as well for two days. At most {MOST_SECRETS} secrets sign at the same time.",
            ),
            _sub(
                "test",
                {
                    "202": answer(
                        "Is sent by and by.",
                        content(record({"id": TEXT}), {"id": "test_5c0b0f5f2f0c4f9d"}),
                        headers=LIMITS,
                    )
                }
                | _PAUSED,
                "testWebhook",
                "Send a test",
                "One POST of type `webhook.test`, tried once; see the delivery log for what came of it.",
            ),
        )
    ),
    "/webhooks/{webhook_id}/replay/": {
        "parameters": _IN_PATH,
        "post": _operation(
            "replayWebhook",
            "Replay a time range",
            {
                "202": answer("Is told again by and by.", content(_RANGE, _REPLAYED), headers=LIMITS),
                **_PAUSED,
                **_REFUSED,
            },
            description="Every event of that time that the webhook wants, with the id it had, also those that arrived.",
            body={kind: {"schema": _RANGE, "example": _REPLAYED} for kind in (JSON, FORM, MULTIPART)},
        ),
    },
    "/webhooks/{webhook_id}/deliveries/": {"parameters": _IN_PATH, "get": _DELIVERIES},
}
