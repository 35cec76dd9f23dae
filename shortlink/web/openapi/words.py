"""Short ways to write the parts of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

JSON = "application/json"
PROBLEM = "application/problem+json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
HTML = "text/html"
PUBLIC: list[Json] = []  # a `security` that asks for nothing


def schema(name: str) -> Json:
    """Point to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def header(name: str) -> Json:
    """Point to a header."""
    return {"$ref": f"#/components/headers/{name}"}


def response(name: str) -> Json:
    """Point to an answer that several operations give."""
    return {"$ref": f"#/components/responses/{name}"}


def parameter(name: str) -> Json:
    """Point to a parameter that several operations take."""
    return {"$ref": f"#/components/parameters/{name}"}


def list_of(item: Json) -> Json:
    """Describe an array."""
    return {"type": "array", "items": item}


def record(required: Json, optional: Json | None = None, description: str = "") -> Json:
    """Describe an object by its fields."""
    written: Json = {"type": "object", "required": list(required), "properties": required | (optional or {})}
    return {"description": description, **written} if description else written


def content(shape: Json, example: Any = None, kind: str = JSON) -> Json:
    """Describe a body of one media type."""
    return {kind: {"schema": shape} if example is None else {"schema": shape, "example": example}}


def answer(
    description: str, body: Json | None = None, *, headers: Sequence[str] = (), links: Json | None = None
) -> Json:
    """Describe an answer; each one names its request."""
    written: Json = {
        "description": description,
        "headers": {name: header(name) for name in ("X-Request-Id", *headers)},
    }
    if body:
        written["content"] = body
    if links:
        written["links"] = links
    return written


def refusals(*statuses: int) -> Json:
    """Name the usual answers for some error statuses."""
    return {str(status): response(_REFUSALS[status]) for status in statuses}


_REFUSALS = {
    400: "BadRequest",
    401: "Unauthorized",
    404: "UnknownMessage",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    429: "Throttled",
    500: "OurFault",
    503: "StoreAway",
}
