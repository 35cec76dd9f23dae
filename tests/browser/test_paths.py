"""The main paths through the pages, clicked by a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from shortlink.web.dashboard.cookies import SESSION
from tests.browser.conftest import PHONE, Open, Site, send_and_live, sign_in


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
