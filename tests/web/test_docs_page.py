"""The page at /docs: complete, without scripts, without anything from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web.conftest import Caller


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def values(self, *names: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.elements for name in names if name in attrs]


@pytest.fixture
def page(api: Caller) -> Page:
    return Page(api.client.get("/docs").text)


def test_each_operation_is_shown(api: Caller, page: Page) -> None:
    document: dict[str, Any] = api.client.get("/openapi.json").get_json()
    identifiers = set(page.values("id"))
    operations = [
        one["operationId"] for item in document["paths"].values() for one in item.values() if "operationId" in one
    ]
    assert len(operations) > 15
    assert {*operations, "onClick", "onDelivery"} <= identifiers


def test_each_anchor_leads_somewhere_and_each_id_is_given_once(page: Page) -> None:
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert {target[1:] for target in page.values("href") if target.startswith("#")} <= set(identifiers)
    assert set(page.values("aria-labelledby")) <= set(identifiers)


def test_nothing_runs_and_nothing_comes_from_elsewhere(api: Caller, page: Page) -> None:
    assert not {"script", "style", "img", "iframe"} & {tag for tag, _ in page.elements}
    assert all(target.startswith(("#", "/")) for target in page.values("href", "src"))
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]
    policy = api.client.get("/docs").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    style = api.client.get("/docs/docs.css")
    assert (style.status_code, style.mimetype) == (200, "text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_descriptions_are_shown_without_their_marks(api: Caller) -> None:
    text = api.client.get("/docs").text
    assert "<code>sent_date</code>" in text
    assert "<em>Ours.</em>" in text
    assert "*Ours.*" not in text
