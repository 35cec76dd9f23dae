"""A real Chromium before the real pages: one server and one browser for all tests of a process."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright
from werkzeug.serving import make_server

from bench.past import past_days
from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.session import begin_session, seal_session
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.web.app import create_app
from shortlink.web.dashboard.cookies import SESSION, ZONE
from tests.browser.sample import live_through, message_of

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
INSTALL = (
    "The tests of the pages need Chromium, and there is none. On Debian and Ubuntu:\n"
    "    sudo apt-get install --no-install-recommends chromium fonts-noto-cjk\n"
    "Anywhere else install Chromium or Chrome, and name it if it isn't found: CHROMIUM=/path/to/chromium make test"
)
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
MS = 1000
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True, slots=True)
class Site:
    """The service with an account that has a past, and its message that everything happened to."""

    url: str
    services: Services
    accounts: AccountDesk
    log: EventLog
    sid: str
    token: str
    msgid: str

    def send(self, **fields: str) -> str:
        """Send a message as a program does, and let everything happen to it."""
        return send_and_live(self.services, self.log, self.sid, self.token, **fields)


def send_and_live(services: Services, log: EventLog, sid: str, token: str, **fields: str) -> str:
    given = {
        "recipient": "+818012345678",
        "sender": "SHOP",
        "message": "Spring sale: 20% off coats until Sunday https://shop.test/sale?id=7 Reply STOP to opt out",
        "track_link": "true",
        "tags": "spring-sale,tokyo",
        "callbackurl": "https://shop.test/callbacks/report",
        "lt_callbackurl": "https://shop.test/callbacks/click",
    }
    answer = create_app(services).test_client().post("/sms/messages/", auth=(sid, token), data=given | fields)
    msgid = str(answer.get_json()[0]["msgid"])
    events = live_through(services, msgid)
    log.append(events, met=[message_of(services.messages.get(msgid))])
    return msgid


@pytest.fixture(scope="session")
def site(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages, served. Its store is this process's own; only tests of the pages run while it is used."""
    settings = Settings(
        redis_url=valkey_url,
        secret_key="b" * 32,
        archive_dir=tmp_path_factory.mktemp("site") / "archive",
        link_url="https://sl.test",
        send_rate=0.0,
        list_rate=0.0,
    )
    services = build(settings)
    accounts = open_accounts(settings)
    log = EventLog(Archive(settings.archive_dir or Path()))
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    account = accounts.add("Hanako's Shop")
    for day in past_days(account.sid, now=int(time.time() * MS), days=33, a_day=12):
        log.append(day.events, met=day.met)
    msgid = send_and_live(services, log, account.sid, account.auth_token)
    yield Site(
        f"http://127.0.0.1:{server.server_port}",
        services,
        accounts,
        log,
        account.sid,
        account.auth_token,
        msgid,
    )
    server.shutdown()
    thread.join()
    server.server_close()


def find_chromium() -> str:
    """Find the browser, or fail and say how to get it: skipped tests would let broken pages pass."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    found = found or next((path for path in ELSEWHERE if Path(path).exists()), None)
    if found is None:
        pytest.fail(INSTALL, pytrace=False)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file; while it lives, no other test of this process can have an event loop."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Open:
    """Open a page of its own, signed in unless told otherwise; at its end nothing may stand in the console."""

    @contextmanager
    def opened(*, signed_in: bool = True, forgive: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
        given = {"viewport": DESKTOP, "timezone_id": "Asia/Tokyo", "locale": "en-GB", "base_url": site.url} | options
        home = str(given["base_url"])
        context = chromium.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []

        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not any(word in message.text for word in forgive):
                faults.append(message.text)

        try:
            if signed_in:
                context.add_cookies([session_cookie(site), zone_cookie(site, str(given["timezone_id"]))])
            page = context.new_page()
            page.on("console", note)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("request", lambda request: faults.extend([request.url] * (not request.url.startswith(home))))
            yield page
            assert faults == []
        finally:
            context.close()

    return opened


def session_cookie(site: Site) -> Any:
    key = site.services.settings.key
    session = begin_session(site.accounts.get(site.sid), now=int(time.time() * MS), key=key)
    return {"name": SESSION, "value": seal_session(session, key), "url": f"{site.url}/dashboard"}


def zone_cookie(site: Site, zone: str) -> Any:
    """Name the reader's time zone as the page for the log-in did, where every session begins."""
    return {"name": ZONE, "value": zone, "url": f"{site.url}/dashboard"}


def sign_in(page: Page, sid: str, token: str) -> None:
    page.goto("/dashboard/")
    page.get_by_label("SID").fill(sid)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/dashboard/")
