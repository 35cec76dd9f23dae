"""The carrier against a server that was made from Twilio's own description of its API, by another hand than ours.

Prism (an npm package) refuses every request that the description does not allow and answers with its examples.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shortlink.carriers import Submission
from shortlink.carriers.twilio import TwilioCarrier
from shortlink.carriers.twilio_receipts import status_for
from shortlink.domain.errors import CarrierRefused
from shortlink.domain.message import DeliveryReceipt, MessageStatus

if TYPE_CHECKING:
    from tests.carriers.conftest import Wire

PRISM = "@stoplight/prism-cli@5.9.0"
ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = Path(os.environ.get("TWILIO_DESCRIPTION", ROOT.parent / "shared" / "data" / "twilio_api_v2010.json"))
READY_WITHIN_SECONDS = 45
SEND_PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
USED_PATHS = (SEND_PATH, "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json")  # all that the carrier asks
MESSAGE = Submission(
    sender="ACME",
    recipient="+818011112222",
    text="tap https://l.example/abcdefghi 👍",
    receipt_url="https://sms.example.com/receipts/abcdefghi?sig=0a1b",
    message_id="m1",
)

pytestmark = [pytest.mark.description, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    if not DESCRIPTION.exists():
        pytest.skip(f"Twilio's description is not here: {DESCRIPTION} (TWILIO_DESCRIPTION names another place)")
    parsed: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return parsed


@pytest.fixture(scope="module")
def prism() -> list[str]:
    """Install Prism once, outside the source tree of the tests, and return the command that starts it."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: Prism, the independent server, runs on Node.js")
    home = ROOT / "build" / "prism"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes side by side share one installation
        install_once(home)
    return ["node", str(home / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js")]


def install_once(home: Path) -> None:
    stamp = home / "installed"
    if stamp.exists() and stamp.read_text() == PRISM:
        return
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", str(home)]
    try:
        done = subprocess.run(
            ["npm", "install", *options, PRISM], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not bring {PRISM} within two minutes")
    if done.returncode != 0:
        pytest.skip(f"npm could not bring {PRISM}: {done.stderr.strip()[-300:]}")
    stamp.write_text(PRISM)


@pytest.fixture(scope="module")
def server(prism: list[str], description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prism")
    (folder / "api.json").write_text(json.dumps(cut_to_what_is_used(with_relative_pages(description))))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*prism, "mock", "--errors", "--host", "127.0.0.1", "--port", str(port), str(folder / "api.json")]
    with (folder / "log").open("wb") as log:
        one_process = {**os.environ, "NODE_ENV": "test"}
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=one_process)
    try:
        wait_until_it_listens(process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def with_relative_pages(description: dict[str, Any]) -> dict[str, Any]:
    """Mend the one fault that makes Prism refuse the description's own example of a list.

    It calls the addresses of other pages absolute (`uri`), but its examples, and Twilio, give relative ones.
    """
    answers = description["paths"][SEND_PATH]["get"]["responses"]["200"]["content"]["application/json"]
    for name, schema in answers["schema"]["properties"].items():
        if name == "uri" or name.endswith("_page_uri"):
            schema["format"] = "uri-reference"
    return description


def cut_to_what_is_used(description: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the carrier never asks for, word for word the same otherwise: Prism prepares every path it reads.

    A request to any other path is refused.
    """
    return {**description, "paths": {path: description["paths"][path] for path in USED_PATHS}}


def wait_until_it_listens(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if "is listening" in log.read_text():
            return
        time.sleep(0.1)
    pytest.fail(f"Prism did not start: {log.read_text()[-500:]}")


@pytest.fixture
def described(server: str, carrier_for: Callable[..., TwilioCarrier]) -> TwilioCarrier:
    return carrier_for(server)


def test_the_description_allows_what_we_send(described: TwilioCarrier) -> None:
    receipt = described.submit(MESSAGE)
    assert receipt == DeliveryReceipt(carrier_id="SM" + "a" * 32, status=MessageStatus.QUEUED)


def test_the_description_allows_a_messaging_service(server: str, carrier_for: Callable[..., TwilioCarrier]) -> None:
    carrier = carrier_for(server, messaging_service_sid="MG" + "a" * 32)
    assert carrier.submit(MESSAGE).status is MessageStatus.QUEUED


def test_a_described_message_is_fetched(described: TwilioCarrier) -> None:
    sid = "SMb7c0a2ce80504485a6f653a7110836f5"
    assert described.fetch(sid) == DeliveryReceipt(carrier_id=sid, status=MessageStatus.SENT)


def test_described_lists_are_read_and_searched(described: TwilioCarrier) -> None:
    day_before = 1_558_600_000_000  # 2019-05-23: the example's messages are of the next day
    found = described.find("+18182008801", containing="testing", since=day_before)
    assert found
    assert {(one.carrier_id, one.text) for one in found} == {("SMded05904ccb347238880ca9264e8fe1c", "testing")}
    assert found[0].created_at == 1_558_719_886_000
    assert described.find("+18182008801", containing="testing", since=day_before + 10 * 86_400_000) == []


def test_the_server_really_looks_at_requests(server: str, carrier_for: Callable[..., TwilioCarrier]) -> None:
    with pytest.raises(CarrierRefused):
        carrier_for(server, account_sid="ACnot-an-account").submit(MESSAGE)
    with pytest.raises(CarrierRefused):
        carrier_for(server, messaging_service_sid="none").submit(MESSAGE)
    without_credentials = urllib.request.Request(f"{server}{SEND_PATH.format(AccountSid='AC' + 'a' * 32)}")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(without_credentials, timeout=5)


def test_every_parameter_we_send_is_described(
    description: dict[str, Any], wire: Wire, carrier_for: Callable[..., TwilioCarrier]
) -> None:
    """Prism lets unknown parameters pass, so their names are compared here."""
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    wire.answer(200, {"messages": [], "next_page_uri": None})
    carrier_for(wire.base_url).submit(MESSAGE)
    carrier_for(wire.base_url, messaging_service_sid="MG" + "a" * 32).submit(MESSAGE)
    carrier_for(wire.base_url).find("+818011112222", containing="x", since=0)

    path = description["paths"][SEND_PATH]
    form = path["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
    query = {parameter["name"] for parameter in path["get"]["parameters"] if parameter["in"] == "query"}
    assert {*wire.seen[0].form, *wire.seen[1].form} <= set(form)
    assert set(wire.seen[2].query) <= query


def test_every_described_status_is_a_word_we_know(description: dict[str, Any]) -> None:
    words = set(description["components"]["schemas"]["message_enum_status"]["enum"])
    assert {word for word in words if status_for(word) is None} == {"receiving", "received"}
