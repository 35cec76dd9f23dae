"""The main paths through the pages, clicked by a real browser."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from bench.past import event_of
from shortlink.archive.database import Archive
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.domain.event import Event, EventType
from shortlink.web.dashboard.cookies import SESSION
from tests.browser.conftest import DESKTOP, PHONE, Open, Site, send_and_live, sign_in
from tests.browser.test_pages import COLOURS, WIDER, faults_of
from tests.factories import make_met

# Whether the page would leave out its next look for news.
RESTS = """() => {
  const detail = {elt: document.querySelector("#figures")};
  return !document.dispatchEvent(new CustomEvent("htmx:beforeRequest", {cancelable: true, detail}));
}"""
# What has the focus, by the name that is read out, and whether it can be seen to have it.
FOCUSED = """() => {
  const one = document.activeElement;
  return [(one.labels?.[0] ?? one).innerText.trim(), getComputedStyle(one).outlineStyle !== "none"];
}"""
# Labels and tips of the chart that are not at their columns, on each other or beyond the card.
MISPLACED = """() => {
  const box = (one) => one.getBoundingClientRect();
  const card = box(document.querySelector(".chart"));
  const columns = [...document.querySelectorAll(".columns li")];
  const within = (one) => one.left >= card.left && one.right <= card.right;
  let end = -Infinity;
  const labels = [...document.querySelectorAll(".span span")].map((span, place) => {
    if (!span.firstChild) return "";
    const range = document.createRange();
    range.selectNode(span.firstChild);
    const [label, column, before] = [box(range), box(columns[place]), end];
    end = label.right;
    const beside = (label.left + label.right - column.left - column.right) / 2;
    return Math.abs(beside) < 1 && label.left > before && within(label) ? "" : `${span.innerText} of ${place}`;
  });
  const tips = columns.map((column) => {
    const [tip, own] = [box(column.firstChild), box(column)];
    const at = Math.abs(tip.left - own.left) < 1 || Math.abs(tip.right - own.right) < 1;
    return at && within(tip) ? "" : column.innerText;
  });
  return [...labels, ...tips].filter(Boolean);
}"""

# Words of a table's head, of clicks and of times that stand in two lines.
BROKEN = """() => {
  const words = [];
  const walk = document.createTreeWalker(document.querySelector("table.found"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("thead, .hits, time, .pill")) continue;
    for (const found of walk.currentNode.data.matchAll(/[^ \\n]+/g)) {
      const range = document.createRange();
      range.setStart(walk.currentNode, found.index);
      range.setEnd(walk.currentNode, found.index + found[0].length);
      if (range.getClientRects().length > 1) words.push(found[0]);
    }
  }
  return words;
}"""
OWN_LINES = """one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return range.getClientRects().length;
}"""
LINES = "one => Math.round(one.clientHeight / parseFloat(getComputedStyle(one).lineHeight))"


def test_wrong_token_is_told_and_the_right_one_opens_the_page_that_was_asked_for(open_page: Open, site: Site) -> None:
    with open_page(signed_in=False, forgive=("403",)) as page:
        page.goto("/dashboard/messages?status=failed")
        page.get_by_label("SID").fill(site.sid)
        page.get_by_label("Token").fill("slk_wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("do not open an account")
        expect(page.get_by_label("SID")).to_have_value(site.sid)
        page.get_by_label("Token").fill(site.token)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(re.compile(r"/dashboard/messages\?status=failed$"))
        expect(page.get_by_role("heading", name="Messages")).to_be_visible()

        page.get_by_role("button", name="Log out").click()
        page.goto("/dashboard/messages")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_message_is_found_by_its_number_and_its_page_tells_what_happened(open_page: Open, site: Site) -> None:
    with open_page() as page:
        page.goto("/dashboard/messages")
        page.get_by_label("Number or message id").fill("+81 80-1234-5678")
        page.get_by_label("Clicked").select_option("yes")
        page.get_by_role("button", name="Search").click()
        page.locator(f'a[href^="/dashboard/messages/{site.msgid}?"]').click()
        page.wait_for_url(f"**/messages/{site.msgid}?*")
        told = page.locator(".timeline b").all_inner_texts()
        assert told[:5] == ["Accepted", "Submitted", "Delivered", "Link preview", "First tap"]
        assert told[5:] == ["Click callback not taken by shop.test", "Click callback taken by shop.test"]
        expect(page.locator(".timeline")).to_contain_text("500 Internal Server Error")
        expect(page.locator(".timeline")).to_contain_text("The Messages app of an iPhone")
        page.locator(".crumb").get_by_role("link", name="Messages").click()
        expect(page.get_by_label("Number or message id")).to_have_value("+818012345678")
        expect(page.get_by_label("Clicked")).to_have_value("yes")


def test_link_is_switched_off_and_on_and_a_callback_is_delivered_again(open_page: Open, site: Site) -> None:
    msgid = site.send()
    with open_page() as page:
        page.goto(f"/dashboard/messages/{msgid}")
        page.get_by_role("button", name="Switch the link off").click()
        expect(page.get_by_text("Switched off")).to_be_visible()
        assert site.services.messages.get(msgid).link.disabled  # type: ignore[union-attr]
        page.get_by_role("button", name="Switch the link on").click()
        expect(page.get_by_text("Switched off")).to_have_count(0)

        page.get_by_role("button", name="Deliver again the click callback").click()
        expect(page.get_by_role("button", name="Deliver again the click callback")).to_be_disabled()


def test_messages_are_paged_and_older_ones_differ(open_page: Open) -> None:
    def shown(page: Page) -> list[str]:
        found: list[str] = page.locator("tbody th a").evaluate_all("all => all.map(one => one.id)")
        return found

    with open_page() as page:
        page.goto("/dashboard/messages?clicked=no")
        first = shown(page)
        page.get_by_role("link", name="Older").click()
        second = shown(page)
        assert len(first) == 50
        assert not set(first) & set(second)
        page.get_by_role("link", name="Newest").click()
        assert shown(page) == first


def test_new_events_appear_without_reloading(open_page: Open, site: Site) -> None:
    with open_page() as page, open_page() as other:
        page.goto("/dashboard/live")
        other.goto(f"/dashboard/messages/{site.msgid}")
        expect(page.locator("#events li").first).to_be_visible()
        tapped = site.services.messages.get(site.msgid)
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


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/links", "/dashboard/messages"])
def test_tag_with_two_blanks_in_a_row_can_be_chosen(open_page: Open, site: Site, path: str) -> None:
    site.send(tags="two  blanks")
    with open_page() as page:
        page.goto(path)
        page.get_by_label("Tag", exact=True).select_option(label="two blanks")
        page.get_by_role("button", name=re.compile("^(Show|Search)$")).first.click()
        expect(page).to_have_url(re.compile(r"tag=two(\+|%20){2}blanks"))
        expect(page.get_by_label("Tag", exact=True)).to_have_value("two  blanks")
        expect(page.locator(".funnel, .list tbody tr").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_labels_and_tips_of_the_chart_are_at_their_columns_however_many(open_page: Open, width: int) -> None:
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    with open_page(viewport={"width": width, "height": 800}) as page:
        for days in (1, 2, 3, 7, 30, 57, 85, 100, 301, 700, 1100):
            page.goto(f"/dashboard/?from={today - timedelta(days=days - 1)}&to={today}")
            assert (days, page.evaluate(MISPLACED)) == (days, [])


@pytest.mark.parametrize("width", [1024, 768])
def test_table_of_messages_breaks_no_word_of_ours(open_page: Open, site: Site, width: int) -> None:
    site.send(sender="WWWWWWWWWW", tags="a-tag-of-a-customer-without-any-blanks,spring-sale")
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/messages")
        assert page.evaluate(BROKEN) == []
        assert page.evaluate(WIDER) == 0


@pytest.mark.parametrize("width", [390, 320])
def test_time_of_a_message_stands_at_the_end_of_its_line_on_a_phone(open_page: Open, site: Site, width: int) -> None:
    site.send(sender="WWWWWWWWWW")
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/messages")
        row = page.locator("tbody tr", has_text="WWWWWWWWWW").first
        whole, sender, time = (one.bounding_box() for one in (row, row.locator("[data-label]"), row.locator("time")))
        assert whole
        assert sender
        assert time
        assert sender["y"] <= time["y"] < sender["y"] + sender["height"]
        assert abs(time["x"] + time["width"] - whole["x"] - whole["width"]) < 1


def test_time_is_the_last_of_its_line_also_before_a_short_tag(open_page: Open, site: Site) -> None:
    met = make_met(account=site.sid, accepted_at=int(time.time() * 1000), sender="WWW", tags=("otp",), link=None)
    site.log.append([event_of(met, EventType.MESSAGE_ACCEPTED, met.accepted_at)], met=[met])
    with open_page(viewport=PHONE) as page:
        page.goto("/dashboard/messages?tag=otp")
        row = page.locator("tbody tr").first
        when, tag, hits = (row.locator(one).bounding_box() for one in ("time", ".tag", ".hits .none"))
        assert when
        assert tag
        assert hits
        assert when["y"] + when["height"] <= min(tag["y"], hits["y"]) + 1


@pytest.mark.parametrize("width", [1120, 768])
def test_number_that_was_answered_stands_in_one_line_beside_a_long_text(
    open_page: Open, site: Site, width: int
) -> None:
    now = int(time.time() * 1000)
    came = Event(
        id=f"i{now}",
        type=EventType.MESSAGE_RECEIVED,
        at=now,
        account=site.sid,
        recipient="+818012345678",
        sender="+15005550006",
        data={"inbound_id": "i-long", "text": "Where is my parcel? " * 20, "keyword": ""},
    )
    site.log.append([came])
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/replies")
        sender = page.locator("td[data-label=to]").first
        expect(sender).to_have_text("+1 500-555-0006")
        assert sender.evaluate(OWN_LINES) == 1
        assert page.evaluate(WIDER) == 0


def test_faults_stand_apart_from_each_other_and_from_what_follows(open_page: Open) -> None:
    with open_page(forgive=("400",)) as page:
        for path, second in (
            ("/dashboard/messages?clicked=foo&status=foo", "main > .fault + .fault"),
            ("/dashboard/links?short=nonsense", "#found .card"),
        ):
            page.goto(path)
            above, below = page.locator("main > .fault").first.bounding_box(), page.locator(second).first.bounding_box()
            assert above
            assert below
            assert below["y"] - above["y"] - above["height"] >= 8


def test_long_address_takes_three_lines_until_it_is_unfolded(open_page: Open, site: Site) -> None:
    address = f"https://shop.test/{'spring-sale/' * 35}"
    msgid = site.send(message=f"Sale {address}")
    with open_page(viewport=PHONE) as page:
        page.goto(f"/dashboard/messages/{msgid}")
        shown = page.locator(".long")
        assert shown.get_attribute("title") == address
        folded = shown.evaluate(LINES)
        page.get_by_text("Show all").click()
        assert folded == 3 < shown.evaluate(LINES)
        page.get_by_text("Show less").click()
        assert shown.evaluate(LINES) == 3


def test_short_link_leads_to_its_message(open_page: Open, site: Site) -> None:
    with open_page() as page:
        page.goto("/dashboard/links")
        page.get_by_label("Whose short link is this?").fill(
            f"https://sl.test/{site.services.messages.get(site.msgid).code}"
        )
        page.get_by_role("button", name="Open its message").click()
        expect(page.get_by_role("heading", name="+81 80-1234-5678")).to_be_visible()


def test_new_token_is_shown_once_and_ends_other_sessions(open_page: Open, site: Site) -> None:
    account = site.accounts.add("Keys")
    with open_page(signed_in=False, forgive=("400",)) as page, open_page(signed_in=False) as other:
        for one in (page, other):
            sign_in(one, account.sid, account.auth_token)
        page.goto("/dashboard/keys")
        page.get_by_text("Replace the token…").click()
        page.locator("details[open]").get_by_role("button", name="Replace it now").click()
        token = page.locator(".once").inner_text()
        assert site.accounts.check(account.sid, token)
        other.goto("/dashboard/messages")
        expect(other.get_by_role("heading", name="Log in")).to_be_visible()

        page.reload()  # sends the form again
        expect(page.get_by_role("heading", name="This form is out of date")).to_be_visible()
        assert site.accounts.check(account.sid, token)
        page.goto("/dashboard/keys")
        expect(page.get_by_text(token)).to_have_count(0)


def test_settings_are_kept_and_an_empty_account_is_told_what_to_do(open_page: Open, site: Site) -> None:
    account = site.accounts.add("Empty")
    with open_page(signed_in=False, viewport=PHONE) as page:
        sign_in(page, account.sid, account.auth_token)
        expect(page.locator("pre")).to_contain_text(f"curl -u {account.sid}:")
        page.get_by_text("Menu", exact=True).click()
        page.get_by_role("link", name="Settings").click()
        page.get_by_label("Hold it").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        assert site.accounts.get(account.sid).hold_unconfirmed

        send_and_live(site.services, site.log, account.sid, account.auth_token)
        page.goto("/dashboard/")
        expect(page.locator(".funnel")).to_be_visible()


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
        assert "8765" not in page.url
        tab_to(page, "+81 80-8765-4321")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/messages/{msgid}?sealed=*")
        tab_to(page, "Switch the link off")
        page.keyboard.press("Space")
        expect(page.get_by_text("Switched off")).to_be_visible()
        page.go_back()  # to before the link was switched off
        page.go_back()
        expect(page.get_by_label("Number or message id")).to_have_value("+81808765")


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
        assert "1234" not in page.url
        page.locator(f'a[href^="/dashboard/messages/{site.msgid}?"]').tap()
        expect(page.locator(".timeline li").first).to_be_visible()


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


def test_log_file_is_downloaded(open_page: Open, site: Site) -> None:
    with open_page() as page:
        page.goto("/dashboard/logs")
        page.locator(".days a").first.click()
        with page.expect_download() as download:
            page.get_by_role("link", name="deliveries as CSV").click()
        assert download.value.suggested_filename.startswith("deliveries.")
        header = download.value.path().read_text(encoding="utf-8").splitlines()[0]
        assert header.startswith("id,time,event,msgid,recipient")


def test_file_of_a_session_that_is_over_leads_to_the_log_in_and_back_to_its_page(open_page: Open, site: Site) -> None:
    with open_page() as page:
        for path, name in (
            ("/dashboard/tags?period=7", "Download CSV"),
            (f"/dashboard/logs/{site.services.log_desk.days(site.sid)[-1]}", "deliveries as CSV"),
        ):
            page.goto(path)
            page.context.clear_cookies(name=SESSION)
            page.get_by_role("link", name=name).click()
            page.get_by_label("SID").fill(site.sid)
            page.get_by_label("Token").fill(site.token)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(f"**{path}")


def test_pages_work_without_scripts(open_page: Open, site: Site) -> None:
    with open_page(java_script_enabled=False) as page:
        page.goto("/dashboard/messages?clicked=yes")
        page.locator("tbody th a").first.click()
        expect(page.locator(".timeline li").first).to_be_visible()
