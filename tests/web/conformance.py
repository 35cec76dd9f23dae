"""Compare answers with the OpenAPI document: what is not in it must not be answered."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from shortlink.web.openapi.document import build_document
from shortlink.web.slashes import meant_path

TELLING = {
    *("Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Allow", "Location"),
    *("Idempotent-Replayed", "X-Truncated", "X-Unreadable", "X-Request-Id", "Referrer-Policy"),
}
METHODS = ("get", "head", "post", "patch", "delete")


@lru_cache
def document(fail_word: str = "FAIL") -> dict[str, Any]:
    """The document, made strict: a field that it does not name is a fault."""
    made = deepcopy(build_document(api_url="https://api.test", link_url="https://sl.test", fail_word=fail_word))
    for shape in made["components"]["schemas"].values():
        _make_strict(shape)
    return made


def _make_strict(shape: Any) -> None:
    if isinstance(shape, dict):
        if "properties" in shape and isinstance(shape["properties"], dict):
            shape.setdefault("additionalProperties", False)
        for inner in shape.values():
            _make_strict(inner)
    elif isinstance(shape, list):
        for inner in shape:
            _make_strict(inner)


def resolve(written: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in written:
        return written
    found: Any = whole
    for part in written["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found


def faults(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    """Say what keeps a value from fitting a schema of the document."""
    validator = OAS31Validator(schema | {"components": whole["components"]})
    return [error.message for error in validator.iter_errors(value)]


def templates() -> dict[str, str]:
    """Name the document's paths by the routes of the app, without slash at the end."""
    return {path.rstrip("/") or "/": path for path in document()["paths"]}


class ConformingClient(FlaskClient):
    """A test client that fails when the API door answers what the document does not say."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        answer = super().open(*args, **options)
        if answer.request.method != "OPTIONS":
            responses = self._documented(answer)
            if responses is not None:
                check_answer(answer, responses, document(self.application.extensions["shortlink"].settings.fail_word))
        return answer

    def _documented(self, answer: TestResponse) -> dict[str, Any] | None:
        request = answer.request
        adapter = self.application.url_map.bind("api.test")
        try:
            rule, _ = adapter.match(meant_path(unquote(request.path)), method=request.method, return_rule=True)
        except HTTPException:
            components = document()["components"]["responses"]
            names = {"401": "Unauthorized", "404": "NoSuchAddress", "405": "MethodNotAllowed", "500": "OurFault"}
            return {status: components[name] for status, name in names.items()}
        path = templates()[rule.rule.replace("<unreserved:", "<").replace("<", "{").replace(">", "}")]
        item, method = document()["paths"][path], request.method.lower()
        responses = item.get(method, item["get"] if method == "head" else {})["responses"]
        assert isinstance(responses, dict)
        return responses


def check_answer(answer: TestResponse, responses: dict[str, Any], whole: dict[str, Any]) -> None:
    assert str(answer.status_code) in responses, (answer.request.path, answer.status_code)
    written = resolve(responses[str(answer.status_code)], whole)
    assert {name for name in TELLING if name in answer.headers} <= set(written["headers"]), answer.request.path
    for name, header in written["headers"].items():
        described = resolve(header, whole)
        if name in answer.headers:
            assert not faults(answer.headers[name], described["schema"], whole), name
        else:
            assert not described.get("required"), (answer.request.path, answer.status_code, name)
    bodies = written.get("content", {})
    if not bodies:
        assert answer.data == b""
        return
    assert answer.mimetype in bodies, (answer.request.path, answer.mimetype)
    if answer.is_json and answer.request.method != "HEAD":
        assert faults(answer.get_json(), bodies[answer.mimetype]["schema"], whole) == []
