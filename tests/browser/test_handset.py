"""The simulator's pages in a real browser: a phone that anybody can tap with, to see what counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.course import Pace
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation
from tests.browser.conftest import PHONE, Open, Site
from tests.browser.test_pages import faults_of
from tests.simulator.rig import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    account = TwilioAccount(sid="AC0123456789abcdef0123456789abcdef", auth_token="the-auth-token")
    with running(Simulation(account, pace=Pace(first_ms=5, step_ms=5))) as url:
        yield Simulator(url, account)


@pytest.mark.parametrize("path", ["/handset/", "/handset/818012345678", "/handset/numbers", "/callbacks/", "/landing"])
def test_page_of_the_simulator_can_be_used_by_everybody(open_page: Open, simulator: Simulator, path: str) -> None:
    simulator.send(Body="Sale: https://shop.test/sale")
    with open_page(signed_in=False, base_url=simulator.url) as page:
        page.goto(path)
        assert faults_of(page) == []


def test_only_the_tap_of_a_person_counts_of_those_on_the_handset(
    open_page: Open, site: Site, simulator: Simulator
) -> None:
    msgid = site.send()
    link = site.services.messages.get(msgid).link
    assert link
    simulator.send(Body=f"Sale: {site.url}/{link.code} 🎉")
    with open_page(signed_in=False, base_url=simulator.url, viewport=PHONE) as page:
        page.goto("/handset/")
        page.get_by_role("link", name="+81 80-1234-5678").click()
        page.wait_for_url("**/handset/81*")  # until its script runs: without it, each tap loads the page again
        expect(page.get_by_text("1 segment · UCS-2")).to_be_visible()
        page.get_by_text("Tap as…").click()  # and it stays open
        for visitor in ("iPhone preview", "Samsung preview", "security scanner", "a person"):
            page.get_by_role("button", name=visitor).click()
            expect(page.get_by_role("list", name="Taps")).to_contain_text(visitor)
    after = site.services.messages.get(msgid).link
    assert after
    assert (after.clicks - link.clicks, after.machine_hits - link.machine_hits) == (1, 3)
