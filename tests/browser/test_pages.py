"""Every page, in light and dark, at the width of a phone and of a desk: usable by everybody, and nothing too wide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import DESKTOP, PHONE, Open, Site

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
# Run in the page's own world by the browser itself, so the pages' strict policy stays as it is.
LOOK = """async rules => (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations
  .filter(one => ["serious", "critical"].includes(one.impact) || one.id === "landmark-unique")
  .map(one => `${one.id}: ${one.nodes.map(node => node.html).slice(0, 3).join(" | ")}`)"""
COLOURS = {"runOnly": ["color-contrast"]}
NO_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
View = tuple[ViewportSize, str, dict[str, Any]]
VIEWS: tuple[View, ...] = (
    (DESKTOP, "light", {}),
    (DESKTOP, "dark", COLOURS),
    (PHONE, "light", NO_COLOURS),  # colours do not depend on the width
)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WEBHOOK = {"url": "https://shop.test/hooks", "events": ["link.clicked"], "description": "Shop"}
PAGES = {
    "overview": "/dashboard/",
    "nothing found": "/dashboard/messages?status=unconfirmed",
    "messages": "/dashboard/messages?status=failed",  # a few: each row costs as much again to look at
    "message": "/dashboard/messages/{msgid}",
    "replies": "/dashboard/replies",
    "links": "/dashboard/links?short=nonsense",
    "tags": "/dashboard/tags",
    "live": "/dashboard/live",
    "webhooks": "/dashboard/webhooks",
    "webhook": "/dashboard/webhooks/{webhook}?done=test",
    "log files": "/dashboard/logs",
    "log files of a day": "/dashboard/logs/{day}",
    "keys": "/dashboard/keys",
    "settings": "/dashboard/settings?saved=1",
    "missing": "/dashboard/missing",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_can_be_used_by_everybody(open_page: Open, site: Site, path: str) -> None:
    with open_page(forgive=("404 (NOT FOUND)",) if path.endswith("missing") else ()) as page:
        webhooks = [
            site.services.webhook_desk.create(site.sid, WEBHOOK).id for _ in range(2 if "webhook" in path else 0)
        ]
        webhook = webhooks[0] if webhooks else ""
        [day] = site.services.log_desk.days(site.sid)[-1:]
        page.goto(path.format(msgid=site.msgid, webhook=webhook, day=day))
        assert faults_of(page) == []


def test_form_that_signs_in_can_be_used_by_everybody(open_page: Open) -> None:
    with open_page(signed_in=False) as page:
        page.goto("/dashboard/login")
        assert faults_of(page) == []


def faults_of(page: Page, views: Sequence[View] = VIEWS) -> list[str]:
    """Look at a page in some ways; colours, the slowest to judge, are left out of the one that shows no new ones."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for size, scheme, rules in views:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        name = f"{scheme}, {size['width']} px"
        if wider := page.evaluate(WIDER):
            found.append(f"{name}: {wider} px too wide")
        found += [f"{name}: {fault}" for fault in page.evaluate(LOOK, rules)]
    return found
