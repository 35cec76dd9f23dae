"""The answers that several operations give when something is wrong."""

from __future__ import annotations

from http import HTTPStatus

from shortlink.web.openapi.words import HTML, JSON, PROBLEM, Json, answer, content, schema

_FAULTS = {"recipient": ["Invalid recipient"], "sender": ["This field is required."]}
LIMITS = ("RateLimit-Policy", "RateLimit")


def problem(status: int, description: str, detail: str, *headers: str) -> Json:
    """Describe an answer that is a problem document."""
    example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return answer(description, content(schema("Problem"), example, PROBLEM), headers=headers)


def page(description: str, *headers: str, also: Json | None = None) -> Json:
    """Describe one of the small pages that people see."""
    return answer(
        description, content({"type": "string"}, kind=HTML) | (also or {}), headers=("Referrer-Policy", *headers)
    )


def _detail(description: str, text: str, *headers: str) -> Json:
    return answer(description, content(schema("Detail"), {"detail": text}), headers=headers)


def _bad_request() -> Json:
    unreadable = problem(400, "", "The body is not JSON: Expecting value, line 1 column 1.")["content"][PROBLEM]
    bodies = content(schema("FieldFaults"), _FAULTS, JSON) | {PROBLEM: unreadable}
    text = "Fields are wrong, or, as a problem document, the request cannot be read."
    return answer(text, bodies, headers=LIMITS)


RESPONSES: Json = {
    "BadRequest": _bad_request(),
    "WrongFields": answer(
        "Fields are wrong.", content(schema("FieldFaults"), {"sent_date": ["Invalid sent_date format"]}), headers=LIMITS
    ),
    "ForbiddenFields": answer(
        "This installation does not send there.",
        content(schema("FieldFaults"), {"recipient": ["Country not allowed"]}),
        headers=LIMITS,
    ),
    "Unauthorized": _detail("No credentials, or wrong ones.", "Invalid sid/token", "WWW-Authenticate"),
    "UnknownMessage": answer("No such thing, or it is another account's; the body is empty.", headers=LIMITS),
    "NoSuchAddress": problem(404, "There is nothing at this address.", "There is nothing at this address."),
    "MethodNotAllowed": problem(
        405,
        "The address does not take this method.",
        "This address does not take this method; see the Allow header.",
        "Allow",
    ),
    "TooLarge": problem(413, "The body is too large.", "A body may have 65536 bytes at most.", *LIMITS),
    "UnsupportedMediaType": problem(
        415,
        "The body is neither form nor JSON, JSON that is called a form, or a form where nothing but JSON will do, in "
        "another charset by its own word or a part's, or compressed.",
        "Send application/x-www-form-urlencoded or application/json.",
        *LIMITS,
    ),
    "KeyUsed": problem(
        422,
        "The Idempotency-Key belongs to another request.",
        "This Idempotency-Key was used with another request.",
        *LIMITS,
    ),
    "Throttled": _detail("Too fast.", "Request was throttled. Expected available in 1 second.", "Retry-After", *LIMITS),
    "OurFault": problem(
        500, "Our fault.", "Something went wrong here; it is logged under the request id 9f86d081884c7d65.", *LIMITS
    ),
    "StoreAway": problem(
        503,
        "The store is away or full. Where something was to be done, the text says that nobody knows whether it was.",
        "The store does not answer. Try again in 5 seconds.",
        "Retry-After",
        *LIMITS,
    ),
}
