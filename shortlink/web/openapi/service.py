"""Health, the carrier's receipts and the addresses that only machines ask for."""

from __future__ import annotations

from shortlink.domain.inbound import INBOUND_PATH
from shortlink.domain.receipt_address import RECEIPTS_PATH
from shortlink.web.openapi.errors import page, problem
from shortlink.web.openapi.schemas import TEXT
from shortlink.web.openapi.words import FORM, PUBLIC, Json, answer, content, record, refusals

_CHECKS = {"store": "ok", "dispatcher": "ok", "worker-messages": "ok", "worker-callbacks": "ok"}
_READINESS = record(
    {"ready": {"type": "boolean"}, "checks": {"type": "object", "additionalProperties": TEXT}},
    description="Part by part: `ok`, or what is missing.",
)
_ABSENT = {
    "ready": False,
    "checks": _CHECKS | {"dispatcher": "no dispatcher was seen in the last 15 seconds; start one"},
}
_SIGNATURE: Json = {"name": "X-Twilio-Signature", "in": "header", "schema": TEXT, "description": "Twilio's signature."}


def _open(identifier: str, summary: str, responses: Json, *, tag: str = "Service", description: str = "") -> Json:
    written: Json = {"operationId": identifier, "tags": [tag], "summary": summary, "security": PUBLIC}
    if description:
        written["description"] = description
    return written | {"responses": {**responses, **refusals(500)}}


def _in_path(name: str, description: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": TEXT, "description": description}


def _twilio_form(*names: str) -> Json:
    """Describe what Twilio posts: the fields that are read, among others."""
    fields = {"type": "object", "properties": dict.fromkeys(names, TEXT), "additionalProperties": TEXT}
    return {"content": {FORM: {"schema": fields}}}


_RECEIPT = _open(
    "takeReceipt",
    "Take a delivery receipt",
    {
        "204": answer("Taken; also when it tells nothing new."),
        "403": problem(403, "Not signed by the carrier.", "The signature does not match."),
        **refusals(413, 503),
    },
    tag="Carrier",
    description="For Twilio only, which gets this address with each message and signs what it posts.",
) | {
    "parameters": [
        _in_path("message_id", "The message."),
        _in_path("mac", "Proves that we made this address."),
        _SIGNATURE,
    ],
    "requestBody": _twilio_form("MessageSid", "MessageStatus", "ErrorCode"),
}

_INBOUND = _open(
    "takeInbound",
    "Take a message that came in",
    {
        "200": answer("Taken; also when no account is known for it. Empty TwiML.", content(TEXT, kind="text/xml")),
        "403": problem(403, "Not signed by the carrier.", "The signature does not match."),
        **refusals(413, 503),
    },
    tag="Carrier",
    description="For Twilio only, whose console is given this address; it signs what it posts. STOP, START and their "
    "like opt the number out and in.",
) | {
    "parameters": [_SIGNATURE],
    "requestBody": _twilio_form("MessageSid", "From", "To", "Body", "OptOutType"),
}

SERVICE_PATHS: Json = {
    "/": {
        "get": _open(
            "front",
            "The front page",
            {
                "200": page("Where to go, for browsers."),
                "302": answer("At the short domain, to whose it is.", headers=("Location", "Referrer-Policy")),
                "404": problem(404, "HTML was not asked for.", "There is nothing at this very address."),
            },
        )
    },
    "/healthz": {
        "get": _open(
            "healthz",
            "Liveness",
            {"200": answer("This process answers.", content(record({"status": {"const": "ok"}}), {"status": "ok"}))},
        )
    },
    "/readyz": {
        "get": _open(
            "readyz",
            "Readiness",
            {
                "200": answer(
                    "Messages and callbacks will flow.", content(_READINESS, {"ready": True, "checks": _CHECKS})
                ),
                "503": answer("Something is missing.", content(_READINESS, _ABSENT)),
            },
        )
    },
    "/metrics": {
        "get": _open(
            "metrics",
            "Figures for Prometheus",
            {
                "200": answer(
                    "All figures, as the scraper asks for them.",
                    content(TEXT, kind="text/plain") | content(TEXT, kind="application/openmetrics-text"),
                ),
                "403": problem(
                    403, "Not for this address.", "Metrics are for the addresses in SHORTLINK_METRICS_ALLOW."
                ),
            },
        )
    },
    "/openapi.json": {
        "get": _open("openapi", "This document", {"200": answer("OpenAPI 3.1.", content({"type": "object"}))})
    },
    "/docs": {"get": _open("docs", "This page", {"200": page("A page.")})},
    "/docs/docs.css": {
        "get": _open("docsStyle", "Its style", {"200": answer("CSS.", content({"type": "string"}, kind="text/css"))})
    },
    "/robots.txt": {
        "get": _open(
            "robots",
            "robots.txt",
            {"200": answer("Asks crawlers to stay away.", content({"type": "string"}, kind="text/plain"))},
        )
    },
    "/favicon.ico": {"get": _open("favicon", "favicon.ico", {"204": answer("There is none.")})},
    RECEIPTS_PATH + "/{message_id}/{mac}/": {"post": _RECEIPT},
    INBOUND_PATH + "/": {"post": _INBOUND},
}
