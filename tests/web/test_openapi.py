"""The OpenAPI document is valid, complete and true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from shortlink.bootstrap.doors import Services
from shortlink.web.app import create_app
from shortlink.web.auth import GUARDED
from shortlink.web.openapi.document import build_document
from tests.web.conformance import METHODS, faults, resolve
from tests.web.conftest import API_URL, LINK_URL, Caller

ERRORS = {"400", "401", "403", "404", "413", "415", "422", "429", "500", "503"}


@pytest.fixture
def served(api: Caller) -> dict[str, Any]:
    answer = api.client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def test_it_is_a_valid_document(served: dict[str, Any]) -> None:
    assert served["openapi"].startswith("3.1")
    validate(served)


def test_it_names_the_addresses_of_this_installation(served: dict[str, Any]) -> None:
    assert served["servers"] == [{"url": API_URL}]
    assert served["paths"]["/{code}"]["servers"][0]["url"] == LINK_URL


def test_each_route_is_described_and_nothing_else(served: dict[str, Any], services: Services) -> None:
    routes = {
        (method, rule.rule.replace("<unreserved:", "<").replace("<", "{").replace(">", "}").rstrip("/"))
        for rule in create_app(services).url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
        if not rule.rule.startswith("/dashboard/")  # pages for people
    }
    described = {(method, path.rstrip("/")) for method, path, _ in operations(served)}
    assert {route for route in routes if route[0] != "HEAD"} == {one for one in described if one[0] != "HEAD"}
    assert {one for one in described if one[0] == "HEAD"} <= routes


def test_each_error_is_described_with_its_shape(served: dict[str, Any]) -> None:
    found: dict[str, set[str]] = {}
    for _, _, operation in operations(served):
        for status, written in operation["responses"].items():
            found.setdefault(status, set()).update(resolve(written, served).get("content", {"": None}))
    assert set(found) >= ERRORS
    assert found["400"] == {"application/json", "application/problem+json"}
    assert found["401"] == found["429"] - {"text/html"} == {"application/json"}
    assert "" in found["404"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Unauthorized", "WWW-Authenticate"),
        ("Throttled", "Retry-After"),
        ("Throttled", "RateLimit"),
        ("StoreAway", "Retry-After"),
        ("MethodNotAllowed", "Allow"),
    ],
)
def test_errors_are_described_with_their_headers(served: dict[str, Any], name: str, header: str) -> None:
    assert header in served["components"]["responses"][name]["headers"]


def test_only_what_is_guarded_asks_for_credentials(served: dict[str, Any]) -> None:
    for _, path, operation in operations(served):
        assert ("security" not in operation) == (path.split("/")[1] in GUARDED) == ("401" in operation["responses"])


def shown(written: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield every example of a document with its place and its schema."""
    if isinstance(written, dict):
        if isinstance(written.get("schema"), dict):
            values = [one["value"] for one in written.get("examples", {}).values()]
            for value in [*values, *([written["example"]] if "example" in written else [])]:
                yield place, written["schema"], value
        for name, inner in written.items():
            yield from shown(inner, f"{place}/{name}")
    elif isinstance(written, list):
        for index, inner in enumerate(written):
            yield from shown(inner, f"{place}/{index}")


def test_each_example_fits_its_schema(served: dict[str, Any]) -> None:
    examples = list(shown(served))
    assert len(examples) > 30
    assert [place for place, schema, value in examples if faults(value, schema, served)] == []


def test_each_component_is_used(served: dict[str, Any]) -> None:
    text = str(served)
    for kind, named in served["components"].items():
        for name in named:
            used = f"#/components/{kind}/{name}'" in text
            assert used or kind == "securitySchemes" or name in {"NoSuchAddress", "MethodNotAllowed"}, name


def test_the_word_for_lost_messages_follows_the_setting() -> None:
    document = build_document(api_url=API_URL, link_url=LINK_URL, fail_word="FAILED")
    assert document["components"]["schemas"]["Message"]["properties"]["status"]["enum"][-1] == "FAILED"
