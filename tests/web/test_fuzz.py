"""T9: whatever is sent, the API answers what its document says, and many at once with one key are one message."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from tests.web.conftest import SMS
from tests.web.doors import PATIENCE, Door

ROOT = Path(__file__).parents[2]
EXAMPLES = os.environ.get("FUZZ", "20")  # cases an operation and phase; `FUZZ=1000` is the long form
CALLERS = 200
UNLIMITED = {
    "SHORTLINK_API_URL": "{url}",
    "SHORTLINK_LINK_URL": "{url}",
    "SHORTLINK_SEND_RATE": "0",
    "SHORTLINK_LIST_RATE": "0",
    "SHORTLINK_REDELIVER_RATE": "0",
}
# The fuzzer came as far as this: through sends, clicks and callbacks to redelivery, and to the errors beside them.
REACHED = {
    *("sendMessage 201", "sendMessage 400", "sendMessage 401", "sendMessage 405", "sendMessage 415"),
    *("readMessage 200", "readMessage 404", "listMessages 200", "listMessages 400"),
    *("listCallbacks 200", "redeliverCallback 202", "redeliverRange 400", "disableLink 200", "enableLink 200"),
    *("followLink 302", "followLink 404", "takeReceipt 403", "readyz 503"),
}


def command(door: Door, credentials: str, seed: int) -> list[str]:
    config = str(ROOT / "tests/web/fuzz/schemathesis.toml")
    return [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", config, "--no-color"),
        *("run", f"{door.url}/openapi.json", "--auth", credentials, "--seed", str(seed)),
        *("--max-examples", EXAMPLES, "--continue-on-failure", "--generation-database", "none", "--warnings", "off"),
    ]


@pytest.mark.timeout(1800)
def test_no_request_gets_an_answer_that_is_not_documented(
    serve: Callable[..., Door], settings: Settings, tmp_path: Path
) -> None:
    account = open_accounts(settings).add("Test")
    EventLog(Archive(tmp_path / "archive")).open()
    door = serve("--door", "api", **UNLIMITED, SHORTLINK_ARCHIVE_DIR=str(tmp_path / "archive"))
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
    print(f"FUZZ_SEED={seed}")
    seen = tmp_path / "seen.json"
    done = subprocess.run(
        command(door, f"{account.sid}:{account.auth_token}", seed),
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.web.fuzz.hooks",
            "FUZZ_SEEN": str(seen),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    door.process.terminate()
    _, log = door.process.communicate()
    assert done.returncode == 0, done.stdout + done.stderr + log.decode()
    assert set(json.loads(seen.read_text())) >= REACHED


def test_two_hundred_calls_at_once_with_one_key_make_one_message(
    serve: Callable[..., Door], settings: Settings
) -> None:
    account = open_accounts(settings).add("Test")
    credentials = (account.sid, account.auth_token)
    url = f"{serve('--door', 'api', **UNLIMITED).url}/sms/messages/"

    def send(_: int) -> requests.Response:
        headers = {"Idempotency-Key": "order-4711"}
        return requests.post(url, data=SMS, auth=credentials, headers=headers, timeout=PATIENCE)

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(send, range(CALLERS)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    listed = requests.get(url, auth=credentials, timeout=PATIENCE).json()
    assert [one["msgid"] for one in listed] == [answers[0].json()[0]["msgid"]]
