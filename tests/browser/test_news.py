"""Pages that follow what happens, in a real browser, and when they leave their reader in peace."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from shortlink.domain.event import Event, EventType
from tests.browser.conftest import Open, Site

# Whether the page would leave out its next look for news.
RESTS = """() => {
  const detail = {elt: document.querySelector("#figures")};
  return !document.dispatchEvent(new CustomEvent("htmx:beforeRequest", {cancelable: true, detail}));
}"""


def test_new_events_appear_without_reloading(open_page: Open, site: Site) -> None:
    msgid = site.send()
    with open_page() as page, open_page() as other:
        page.goto("/dashboard/live")
        other.goto(f"/dashboard/messages/{msgid}")
        expect(page.locator("#events li").first).to_be_visible()
        tapped = site.services.messages.get(msgid)
        site.log.append(
            [
                Event(
                    id=f"late-{tapped.id}",
                    type=EventType.LINK_PREVIEWED,
                    at=tapped.accepted_at + 60_000,
                    account=site.sid,
                    message_id=tapped.id,
                    code=tapped.code,
                    data={"verdict": "scanner", "rule": "google-safety"},
                )
            ]
        )
        expect(page.locator("#events li.fresh")).to_contain_text("Google checked whether the page is safe")
        expect(other.locator(".timeline")).to_contain_text("Google checked whether the page is safe")

        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("path", ["/dashboard/messages", "/dashboard/replies", "/dashboard/links"])
def test_list_does_not_move_while_its_reader_has_scrolled_down(open_page: Open, path: str) -> None:
    with open_page(viewport={"width": 390, "height": 200}) as page:
        page.goto(path)
        rests = RESTS.replace("#figures", "#found")
        assert not page.evaluate(rests)
        page.evaluate("scrollTo(0, 50)")
        assert page.evaluate(rests)
        page.evaluate("scrollTo(0, 0)")
        assert not page.evaluate(rests)


def test_period_and_tag_are_chosen_and_an_open_table_stays_open(open_page: Open) -> None:
    with open_page() as page:
        page.goto("/dashboard/")
        expect(page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")
        everything = page.locator(".funnel .value").first.inner_text()
        page.get_by_label("Tag", exact=True).select_option("spring-sale")
        page.get_by_role("button", name="Show").click()
        assert page.locator(".funnel .value").first.inner_text() != everything
        page.get_by_role("link", name="7 days").click()
        expect(page.get_by_label("Tag", exact=True)).to_have_value("spring-sale")
        page.get_by_text("The same as a table").click()
        table = page.get_by_role("region", name="Clicks as a table")
        expect(table.get_by_role("row")).to_have_count(8)
        assert page.evaluate(RESTS)
        page.get_by_text("The same as a table").click()
        assert not page.evaluate(RESTS)
