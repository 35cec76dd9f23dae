"""The pages of webhooks, clicked by a real browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from shortlink.archive.database import Archive
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from tests.browser.conftest import DESKTOP, PHONE, Open, Site


def test_webhook_is_added_mended_and_deleted(open_page: Open, site: Site) -> None:
    with open_page() as page:
        page.goto("/dashboard/webhooks")
        if not page.get_by_label("Address").is_visible():  # open by itself while there is no webhook
            page.get_by_text("Add a webhook").click()
        page.get_by_label("Address").fill("https://shop.test/hooks")
        page.get_by_label("What it is for").fill("Till")
        page.get_by_label("link.clicked").uncheck()
        page.get_by_role("button", name="Add it").click()
        expect(page.locator(".once")).to_contain_text("whsec_")
        [made] = [one for one in site.services.webhook_desk.list(site.sid) if one.description == "Till"]
        assert [type_.value for type_ in made.events] == ["message.delivered", "message.failed"]

        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".pill").first).to_have_text("Paused")
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_role("status").first).to_contain_text("A test is on its way")
        page.get_by_text("Delete…").click()
        page.get_by_role("button", name="Delete it now").click()
        expect(page.get_by_role("heading", name="Till")).to_have_count(0)


def test_webhook_that_is_held_back_says_so_and_when_it_is_over_without_reloading(open_page: Open, site: Site) -> None:
    made = site.services.webhook_desk.create(site.sid, {"url": "https://held.test/", "events": ["link.clicked"]})
    archive = Archive(site.services.settings.archive_dir or Path())
    with open_page() as every, open_page() as own:
        every.goto("/dashboard/webhooks")
        own.goto(f"/dashboard/webhooks/{made.id}")
        card = every.locator("article", has_text="held.test")
        expect(card.locator(".pill")).to_have_text("Active")
        now = int(time.time() * 1000)
        WebhookDeliveries(archive).owe(made.id, [Owed(id="a1-0", places=(1,))], before=None, after=1, now=now)
        WebhookHolds(archive).note({made.id: now + 60_000}, now=now)
        for pill in (card.locator(".pill"), own.locator(".head .pill")):
            expect(pill).to_contain_text("Held back until")
        expect(own.get_by_text("1 delivery waits")).to_be_visible()
        WebhookHolds(archive).note({made.id: now}, now=now + 70_000)
        for pill in (card.locator(".pill"), own.locator(".head .pill")):
            expect(pill).to_have_text("Active")
        site.services.webhook_desk.pause(site.sid, made.id)
        expect(own.get_by_role("button", name="Resume")).to_be_visible()
    site.services.webhook_desk.remove(site.sid, made.id)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_refused_form_of_a_webhook_opens_where_it_is_to_be_mended(
    open_page: Open, site: Site, viewport: ViewportSize
) -> None:
    made = site.services.webhook_desk.create(site.sid, {"url": "https://shop.test/", "events": ["link.clicked"]})
    with open_page(viewport=viewport, forgive=("400",)) as page:
        page.goto(f"/dashboard/webhooks/{made.id}")
        page.get_by_label("From").fill("2026-01-02")
        page.get_by_label("To", exact=True).fill("2026-01-01")
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_text("Please swap them")).to_be_in_viewport()
        expect(page.get_by_label("From")).to_be_focused()
        expect(page.get_by_label("To", exact=True)).to_have_value("2026-01-01")
        page.get_by_label("link.clicked").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Choose at least one event")).to_be_in_viewport()
        expect(page.get_by_label("What it is for")).to_have_value("")
    site.services.webhook_desk.remove(site.sid, made.id)
