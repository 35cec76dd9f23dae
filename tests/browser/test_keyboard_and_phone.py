"""The main path with the keyboard alone, and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Site
from tests.browser.test_pages import COLOURS, faults_of

# What has the focus, by the name that is read out, and whether it can be seen to have it.
FOCUSED = """() => {
  const one = document.activeElement;
  return [(one.labels?.[0] ?? one).innerText.trim(), getComputedStyle(one).outlineStyle !== "none"];
}"""


def test_main_path_is_walked_with_the_keyboard_alone(open_page: Open, site: Site) -> None:
    msgid = site.send(recipient="+818087654321")
    with open_page(signed_in=False) as page:
        page.goto("/dashboard/")
        expect(page.get_by_label("SID")).to_be_focused()
        page.keyboard.type(site.sid)
        tab_to(page, "Token")
        page.keyboard.type(site.token)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        tab_to(page, "Skip to content")
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        tab_to(page, "Today")
        page.set_viewport_size(PHONE)
        page.locator(".narrow summary").focus()
        page.keyboard.press("Enter")
        tab_to(page, "Messages")
        page.keyboard.press("Escape")
        expect(page.locator(".narrow summary")).to_be_focused()
        page.keyboard.press("Enter")
        tab_to(page, "Messages")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Messages")).to_be_visible()
        page.set_viewport_size(DESKTOP)
        tab_to(page, "Number or message id")
        page.keyboard.type("+81 80-8765")
        page.keyboard.press("Enter")
        page.wait_for_url("**/messages?sealed=*")
        assert "8765" not in openly(page.url)
        tab_to(page, "+81 80-8765-4321")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/messages/{msgid}?sealed=*")
        tab_to(page, "Switch the link off")
        page.keyboard.press("Space")
        expect(page.get_by_text("Switched off")).to_be_visible()
        page.go_back()  # to before the link was switched off
        page.go_back()
        expect(page.get_by_label("Number or message id")).to_have_value("+81808765")


def openly(url: str) -> str:
    """Say what stands in an address for all to read: in its port and in its seal, any four digits can be by chance."""
    return re.sub("sealed=[0-9a-f]+", "", url.partition("/dashboard/")[2])


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus, which can be seen wherever it is on the way."""
    for _ in range(40):
        page.keyboard.press("Tab")
        found, outline = page.evaluate(FOCUSED)
        assert outline, f"the focus on {found} cannot be seen"
        if found == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def test_message_is_found_on_a_phone(open_page: Open, site: Site) -> None:
    with open_page(viewport=PHONE, has_touch=True) as page:
        page.goto("/dashboard/messages?status=unconfirmed")
        expect(page.get_by_label("Status")).to_be_hidden()
        filters = page.get_by_role("button", name="Filters")
        filters.tap()
        expect(page.get_by_label("Status")).to_be_visible()
        assert faults_of(page, [(PHONE, "light", {}), (PHONE, "dark", COLOURS)]) == []
        page.get_by_label("Status").select_option("any")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Status")).to_be_hidden()
        expect(filters).to_be_focused()
        page.get_by_label("Number or message id").fill("+81 80-1234-5678")
        filters.tap()
        page.get_by_label("Clicked").select_option("yes")
        page.locator("#filters").get_by_role("button", name="Search").tap()
        expect(filters).to_have_text("Filters (1 chosen)")
        assert "1234" not in openly(page.url)
        page.locator(f'a[href^="/dashboard/messages/{site.msgid}?"]').tap()
        expect(page.locator(".timeline li").first).to_be_visible()
