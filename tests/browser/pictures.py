"""Make the pictures of docs/ from a running installation: `python -m tests.browser.pictures docs/images`."""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.past import past_days
from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from tests.browser.conftest import ARGUMENTS, DESKTOP, find_chromium, sign_in

PERSON, STRANGER, LEAVER, SHOP = "+818011234567", "+818022223333", "+818033334444", "+15005550006"
BIN = Path(sys.executable).parent
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}
TOLD = ["message.delivered", "message.failed", "link.clicked"]
PHONE: ViewportSize = {"width": 390, "height": 300}
PATIENCE_SECONDS = 60.0
SEND = """curl -u $SID:$TOKEN $API/sms/messages/ \\
  --data-urlencode recipient=+818011234567 \\
  --data-urlencode sender=+15005550006 \\
  --data-urlencode 'message=Spring sale: 20% off until Sunday https://shop.example/sale?id=7 Reply STOP to opt out' \\
  --data-urlencode track_link=true \\
  --data-urlencode tags=spring-sale"""
TERMINAL = """<body style="margin:0"><pre style="margin:0;padding:16px 20px;background:#fff;color:#1c2024;
width:max-content;min-width:640px;font:13px/1.5 'DejaVu Sans Mono',monospace">{}</pre>"""
Shown = Mapping[str, Any]


@contextmanager
def installation(data: Path) -> Iterator[Shown]:
    """Run `shortlink up` on free ports; gives what it says when it is ready."""
    ports = ("--port", "0", "--link-port", "0", "--simulator-port", "0")
    command = [str(BIN / "shortlink"), "up", "--json", "--data", str(data), *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=CLEAN) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(found: Callable[[], Any], what: str) -> Any:
    """Wait for something, and give it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


class Customer:
    """Somebody who sends, and whose recipients tap."""

    def __init__(self, here: Shown) -> None:
        self.here, self.simulator = here, here["simulator_url"]
        self.door = requests.Session()
        self.door.auth = (here["sid"], here["auth_token"])

    def send(self, recipient: str, text: str, **fields: str) -> str:
        """Send a message and wait for its end."""
        given = {"recipient": recipient, "sender": "SHOP", "message": text, "track_link": "true"} | fields
        msgid = self.door.post(f"{self.here['api_url']}/sms/messages/", data=given).json()[0]["msgid"]
        until(lambda: self.status(msgid)["status"] in ("DELIVERED", "FAIL", "FAILED"), "an end")
        return str(msgid)

    def status(self, msgid: str) -> Any:
        """Read a message."""
        return self.door.get(f"{self.here['api_url']}/sms/messages/{msgid}/").json()

    def tap(self, recipient: str, *visitors: str) -> None:
        """Open the newest message's link."""
        found = {"to": recipient, "limit": "1"}
        [sms] = requests.get(f"{self.simulator}/simulator/messages.json", found, timeout=9).json()
        for visitor in visitors:
            fields = {"sid": sms["sid"], "url": sms["links"][0], "visitor": visitor}
            requests.post(f"{self.simulator}/handset/taps", fields, headers={"Accept": "application/json"}, timeout=9)

    def answer(self, recipient: str, text: str) -> None:
        """Answer the shop's messages."""
        fields = {"from": recipient, "to": SHOP, "body": text}
        requests.post(f"{self.simulator}/handset/replies", fields, timeout=9).raise_for_status()


class Photographer:
    """Takes pictures into a folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    def page(self, url: str, **options: Any) -> Page:
        """Open a page."""
        given = {"viewport": DESKTOP, "timezone_id": "Asia/Tokyo", "locale": "en-GB", "color_scheme": "light"}
        page = self._browser.new_page(**{**given, **options})
        page.goto(url)
        return page

    def take(self, page: Page, name: str, *, height: int | None = None, full: bool = False) -> None:
        """Take what can be seen of a page, or the top of it."""
        size = page.viewport_size or DESKTOP
        if height:
            page.set_viewport_size({"width": size["width"], "height": height})
        page.screenshot(path=self._folder / f"{name}.png", full_page=full, animations="disabled")

    def take_terminal(self, name: str, command: str, output: str) -> None:
        """Take what a command really wrote, beneath the command."""
        page = self._browser.new_page(viewport=DESKTOP)
        page.set_content(TERMINAL.format(f"<b>$ {escape(command)}</b>\n{escape(output.rstrip())}"))
        page.locator("pre").screenshot(path=self._folder / f"{name}.png")
        page.close()


def run(command: str, here: Shown, **environment: str) -> str:
    """Run a line of shell as a person would."""
    given = {"SID": here["sid"], "TOKEN": here["auth_token"], "API": here["api_url"], "COLUMNS": "104", "NO_COLOR": "1"}
    path = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command],
        env=CLEAN | given | path | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout or done.stderr


def take_terminals(camera: Photographer, here: Shown, data: Path) -> None:
    """Commands of an integrator and of an operator."""
    sent = run(SEND.replace("curl", "curl -s", 1), here)
    msgid = json.loads(sent)[0]["msgid"]
    ask = f"curl -su $SID:$TOKEN $API/sms/messages/{msgid}/ | python3 -m json.tool"
    until(lambda: "DELIVERED" in run(ask, here), "its delivery")
    camera.take_terminal("integrate-curl", SEND, f"{sent.strip()}\n\n$ {ask}\n{run(ask, here)}")
    for name, command in (("doctor", "shortlink doctor --offline"), ("check", "shortlink check; shortlink audit")):
        shown = run(command.replace(";", f" --data {data};") + f" --data {data}", here)
        camera.take_terminal(f"operations-{name}", command, shown.replace(str(data), ".shortlink"))


def take_dashboard(camera: Photographer, customer: Customer, webhook: str, msgid: str) -> None:
    """Pages of who works with data, and of who receives webhooks."""
    here = customer.here
    page = camera.page("about:blank", base_url=here["api_url"], viewport={"width": 1120, "height": 640})
    sign_in(page, here["sid"], here["auth_token"])
    page.goto(f"/dashboard/webhooks/{webhook}")
    camera.take(page, "webhooks-log", height=640)
    page.goto(f"/dashboard/messages/{msgid}")
    camera.take(page, "dashboard-message", height=860)
    page.goto("/dashboard/live?only=messages")
    camera.take(page, "dashboard-live", height=640)
    page.goto("/dashboard/replies")
    camera.take(page, "dashboard-replies", height=400)
    page.goto("/dashboard/logs")
    page.locator(".days a").first.click()
    page.wait_for_url("**/logs/2*")
    camera.take(page, "logs-day", height=560)


def take_overview(camera: Photographer, here: Shown, data: Path) -> None:
    """The overview of an account that has a past."""
    for day in past_days(here["sid"], now=int(time.time() * 1000), days=33, a_day=12):
        EventLog(Archive(data / "archive")).append(day.events, met=day.met)
    for name, size in (("overview", (1120, 850)), ("phone", (390, 800))):
        page = camera.page("about:blank", base_url=here["api_url"], viewport={"width": size[0], "height": size[1]})
        sign_in(page, here["sid"], here["auth_token"])
        camera.take(page, f"dashboard-{name}")
        if name == "overview":
            page.goto("/dashboard/tags")
            camera.take(page, "dashboard-tags", height=510)


def take_recipients_pages(camera: Photographer, customer: Customer) -> None:
    """What a recipient may see instead of a page: the link's end, and the store's absence."""
    msgid = customer.send(STRANGER, "Your table: https://shop.example/table")
    link = customer.status(msgid)["link_tracking"]["shortlink"]
    customer.door.post(f"{customer.here['api_url']}/sms/messages/{msgid}/link/disable/")
    camera.take(camera.page(link, viewport=PHONE), "recipients-expired")
    port, nobody = free_port(), free_port()
    alone = {
        "SHORTLINK_REDIS_URL": f"redis://127.0.0.1:{nobody}/0",
        "SHORTLINK_SECRET_KEY": b64encode(os.urandom(32)).decode(),
        "SHORTLINK_LINK_URL": f"http://127.0.0.1:{port}",
        "SHORTLINK_API_URL": customer.here["api_url"],
    }
    command = [sys.executable, "-m", "shortlink.redirect", "--port", str(port)]
    with subprocess.Popen(command, env=CLEAN | alone, stderr=subprocess.DEVNULL) as door:
        url = f"http://127.0.0.1:{port}/{link.rpartition('/')[2]}"
        try:
            until(lambda: _answers(url), "the redirect door")
            camera.take(camera.page(url, viewport=PHONE), "recipients-try-again")
        finally:
            door.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code > 0
    except requests.ConnectionError:
        return False


def main(folder: Path) -> None:
    """Let everything happen once, and take the pictures."""
    with (
        tempfile.TemporaryDirectory(prefix="sl-") as parent,
        installation(Path(parent) / "data") as here,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        camera, customer = Photographer(browser, folder), Customer(here)
        hook = {
            "url": f"{here['simulator_url']}/callbacks/events?answers=500,200",
            "description": "Shop",
            "events": TOLD,
        }
        made = customer.door.post(f"{here['api_url']}/webhooks/", json=hook).json()
        demo = f"{here['simulator_url']}/callbacks/demo"
        msgid = customer.send(
            PERSON,
            "Spring sale: 20% off coats until Sunday https://shop.example/sale?id=7 Reply STOP to opt out",
            tags="spring-sale,tokyo",
            sender=SHOP,
            lt_callbackurl=demo,
            callbackurl=demo,
        )
        customer.tap(PERSON, "iphone-preview", "person", "scanner")
        customer.send("+15005550101", "Your parcel is on its way: https://shop.example/parcel", tags="parcels")
        customer.send(STRANGER, "Your parcel is on its way: https://shop.example/parcel", tags="parcels")
        customer.tap(STRANGER, "person")
        customer.answer(PERSON, "Lovely! Is the shop in Shibuya open on Sunday, too?")
        customer.send(LEAVER, "Spring sale: 20% off coats. Reply STOP to opt out", tags="spring-sale", sender=SHOP)
        customer.answer(LEAVER, "Stop")
        log = f"{here['api_url']}/webhooks/{made['id']}/deliveries/"
        until(lambda: any(one["try"] > 1 for one in customer.door.get(log).json()), "a second try")
        handset = camera.page(f"{here['simulator_url']}/handset/{PERSON[1:]}", viewport={"width": 1000, "height": 640})
        camera.take(handset, "simulator-handset")
        camera.take(camera.page(f"{here['api_url']}/docs/", viewport={"width": 1120, "height": 720}), "integrate-docs")
        take_dashboard(camera, customer, made["id"], msgid)
        take_recipients_pages(camera, customer)
        take_terminals(camera, here, Path(parent) / "data")
        take_overview(camera, here, Path(parent) / "data")
        browser.close()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    asked.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go; made where it is not there")
    main(asked.parse_args().folder)
