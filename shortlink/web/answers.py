"""Answers of the API: JSON documents, and problem documents (RFC 9457) for what no field is to blame for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write a JSON answer, its fields in the order given and its text readable."""
    body = json.dumps(content, ensure_ascii=False)
    return Response(body, status, headers=headers, content_type="application/json")


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Write a problem document; `detail` is for the reader and never holds what was sent."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(json.dumps(content), status, headers=headers, content_type="application/problem+json")


def detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Write an error in the one-word shape `{"detail": …}` that the contract asks for with 401 and 429."""
    return json_answer({"detail": text}, status, headers)


def empty(status: int) -> Response:
    """Write an answer without a body, and without a type for it."""
    response = Response(status=status)
    response.headers.pop("Content-Type", None)
    return response
