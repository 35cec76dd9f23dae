"""The whole loop with real processes: send, shorten, deliver, tap, call back, poll, restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from tests.journey.installation import Installation, start
from tests.waiting import wait_until

UNDELIVERED = "+15005550101"  # a magic number of the simulator, see docs/simulator.md
XOXZO_CLIENT = Path(__file__).parents[2] / ".venv" / "clients" / "xoxzo"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Installation]:
    running = start(data)
    yield running
    if running.process.poll() is None:
        running.stop()


def receiver(service: Installation, path: str, answers: str = "200") -> str:
    return f"{service.ready['simulator_url']}/callbacks/{path}?answers={answers}"


def received(service: Installation, path: str) -> list[dict[str, Any]]:
    return [one for one in service.simulator("/simulator/callbacks.json") if one["path"].rstrip("/").endswith(path)]


def test_the_whole_loop(service: Installation) -> None:
    target = f"{service.ready['simulator_url']}/landing?a=1&b=2#top"
    msgid = service.send(
        message=f"Sale now {target} until Sunday",
        track_link="true",
        tags="spring,tokyo",
        callbackurl=receiver(service, "report"),
        lt_callbackurl=receiver(service, "click", "500,500,200"),
    )
    delivered = wait_until(lambda: (found := service.status(msgid))["status"] == "DELIVERED" and found)
    tracking = delivered["link_tracking"]
    assert (tracking["link"], tracking["accessed"], tracking["accessed_on"]) == (target, False, None)
    assert delivered["tags"] == ["spring", "tokyo"]

    (message,) = [one for one in service.simulator("/simulator/messages.json") if tracking["shortlink"] in one["body"]]
    assert message["body"] == f"Sale now {tracking['shortlink']} until Sunday"

    iphone = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}
    tap = requests.get(tracking["shortlink"], headers=iphone, allow_redirects=False, timeout=10)
    assert (tap.status_code, tap.headers["Location"]) == (302, target)
    requests.get(tracking["shortlink"], headers=iphone, allow_redirects=False, timeout=10)

    wait_until(lambda: all(one["state"] == "delivered" for one in service.callbacks(msgid)))
    click, report = service.callbacks(msgid)
    assert [attempt["status_code"] for attempt in click["attempts"]] == [500, 500, 200]
    assert [attempt["status_code"] for attempt in report["attempts"]] == [200]
    assert len(received(service, "click")) == 3
    assert len(received(service, "report")) == 1

    status = service.status(msgid)
    assert status["link_tracking"]["accessed"] is True
    assert status["link_tracking"]["clicks"] == 2
    payload = received(service, "click")[0]
    assert payload["fields"]["msgid"] == msgid
    assert payload["fields"]["accessed_on"] == status["link_tracking"]["accessed_on"]
    Webhook(service.ready["webhook_secret"]).verify(payload["body"], payload["headers"], json_parse=False)


def logged(service: Installation, type_: str) -> list[dict[str, Any]]:
    """Read one type's log files of all days."""

    def get(path: str) -> Any:
        return requests.get(f"{service.ready['api_url']}/logfiles/{path}", auth=service.auth, timeout=10).json()

    names = [name for day in get("") for name in get(f"{day}/") if name.startswith(f"{type_}.")]
    return [row for name in names for row in get(f"{name}/json/")]


def test_whatever_a_server_was_told_is_in_the_log_files(service: Installation) -> None:
    msgid = service.send(
        message=f"Log {service.ready['simulator_url']}/landing",
        track_link="true",
        lt_callbackurl=receiver(service, "logged", "500,200"),
    )
    delivered = wait_until(lambda: (found := service.status(msgid))["status"] == "DELIVERED" and found)
    requests.get(delivered["link_tracking"]["shortlink"], allow_redirects=False, timeout=10)
    wait_until(lambda: len(received(service, "logged")) == 2)
    tries = wait_until(
        lambda: (rows := [one for one in logged(service, "callbacks") if one["msgid"] == msgid])[1:] and rows
    )
    assert [(one["callback_id"], one["status_code"]) for one in tries] == [
        (f"{msgid}-click", 500),
        (f"{msgid}-click", 200),
    ]
    assert {one["headers"]["webhook-id"] for one in received(service, "logged")} == {f"{msgid}-click"}
    assert [one["status_code"] for one in logged(service, "webhook-errors") if one["msgid"] == msgid] == [500]
    assert [one["first"] for one in logged(service, "clicks") if one["msgid"] == msgid] == [True]
    assert [one["event"] for one in logged(service, "deliveries") if one["msgid"] == msgid][-1] == "message.delivered"


def test_a_published_client_sends_and_reads_by_changing_the_base_url(service: Installation) -> None:
    script = """
import json, sys
from xoxzo.cloudpy import XoxzoClient
client = XoxzoClient(sys.argv[1], sys.argv[2], api_host=sys.argv[3])
sent = client.send_sms("Hello from a published client", "+818011234567", "814512345678")
msgid = sent.messages[0]["msgid"]
print(json.dumps({
    "errors": sent.errors,
    "status": client.get_sms_delivery_status(msgid).message,
    "listed": [one["msgid"] for one in client.get_sent_sms_list(">=2020-01-01").messages or []],
    "today": [one["msgid"] for one in client.get_sent_sms_list(">=" + sys.argv[4]).messages],
    "msgid": msgid,
    "bad": client.send_sms("x", "+8108012345678", "8108012345678").message,
    "unknown": client.get_sms_delivery_status("x" * 32).errors,
    "stranger": XoxzoClient("SL", "wrong", api_host=sys.argv[3]).send_sms("x", "+8108012345678", "1").message,
}))
"""
    assert XOXZO_CLIENT.is_dir(), "`make install` puts the published client there"
    today = subprocess.run(["date", "-u", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    run = subprocess.run(
        [sys.executable, "-c", script, *service.auth, service.ready["api_url"], today],
        env=os.environ | {"PYTHONPATH": str(XOXZO_CLIENT)},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert said["errors"] is None
    assert said["status"]["msgid"] == said["msgid"]
    assert "link_tracking" not in said["status"]
    assert said["msgid"] in said["today"]
    assert list(said["bad"]) == ["recipient"]
    assert said["unknown"] == 404
    assert said["stranger"] == {"detail": "Invalid sid/token"}


def test_a_number_that_fails_later_is_reported_as_lost(service: Installation) -> None:
    msgid = service.send(recipient=UNDELIVERED, callbackurl=receiver(service, "lost"))
    failed = wait_until(lambda: (found := service.status(msgid))["status"] == "FAIL" and found)
    assert failed["error"]["code"]
    assert failed["error"]["reason"]
    lost = wait_until(lambda: received(service, "lost"))
    assert lost[0]["fields"]["status"] == "FAIL"


def test_a_restart_changes_nothing(service: Installation, data: Path) -> None:
    msgid = service.send(message=f"Stay {service.ready['simulator_url']}/landing", track_link="true")
    before = wait_until(lambda: (found := service.status(msgid))["status"] == "DELIVERED" and found)
    ports = {name: service.ready[name].rpartition(":")[2] for name in ("api_url", "link_url", "simulator_url")}
    assert service.stop() == 0
    again = start(
        data,
        options=(
            *("--port", ports["api_url"], "--link-port", ports["link_url"]),
            *("--simulator-port", ports["simulator_url"]),
        ),
    )
    try:
        assert again.ready == service.ready
        assert again.status(msgid) == before
        assert any(
            before["link_tracking"]["shortlink"] in one["body"] for one in again.simulator("/simulator/messages.json")
        )
    finally:
        assert again.stop() == 0
