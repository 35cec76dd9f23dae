"""The pages for those who have no account: the API to browse, and what a phone shows of a link that leads nowhere."""

from __future__ import annotations

import pytest

from shortlink.storage import keys
from shortlink.storage.connection import connect
from tests.browser.conftest import Open, Site
from tests.browser.test_pages import faults_of
from tests.factories import MINT


def test_api_can_be_browsed_by_everybody(open_page: Open) -> None:
    with open_page(signed_in=False) as page:
        page.goto("/docs/")
        assert faults_of(page) == []


def test_front_page_leads_everybody_on(open_page: Open) -> None:
    with open_page(signed_in=False) as page:
        page.goto("/")
        assert faults_of(page) == []
        page.get_by_role("link", name="Dashboard").click()
        assert page.get_by_role("heading", name="Log in").is_visible()


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_link_that_leads_nowhere_shows_a_page_that_everybody_can_read(open_page: Open, site: Site, locale: str) -> None:
    with open_page(signed_in=False, locale=locale, forgive=("404", "410", "500")) as page:
        for path, status in ((cut_link(), 404), (link_switched_off(site), 410), (damaged_link(site), 500)):
            answer = page.goto(path)
            assert answer
            assert answer.status == status
            assert page.locator("html").get_attribute("lang") == locale[:2]
            assert faults_of(page) == []


def cut_link() -> str:
    return f"/{MINT.draw()[:-1]}"


def link_switched_off(site: Site) -> str:
    code = site.services.messages.get(site.send()).code
    site.services.links.switch(code, on=False, by="cli")
    return f"/{code}"


def damaged_link(site: Site) -> str:
    code = site.services.messages.get(site.send()).code
    connect(site.services.settings.redis_url).hset(keys.record(code), "x", "soon")
    return f"/{code}"
