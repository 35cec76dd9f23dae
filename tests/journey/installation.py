"""Start the whole service as a user does, and stop it again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

FAST_SCHEDULE = ",".join(["0"] + ["0.2"] * 9)


@dataclass
class Installation:
    """A running `shortlink up`, and what it said when it was ready."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    log: list[str]
    reader: threading.Thread

    @property
    def auth(self) -> tuple[str, str]:
        return self.ready["sid"], self.ready["auth_token"]

    def send(self, **fields: str) -> str:
        """Send a message as the documented curl does, and return its id."""
        form = {"message": "Hello", "recipient": "+818011234567", "sender": "SHOP"} | fields
        answer = requests.post(f"{self.ready['api_url']}/sms/messages/", data=form, auth=self.auth, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["msgid"])

    def status(self, msgid: str) -> dict[str, Any]:
        answer = requests.get(f"{self.ready['api_url']}/sms/messages/{msgid}/", auth=self.auth, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def callbacks(self, msgid: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.ready['api_url']}/sms/messages/{msgid}/callbacks/", auth=self.auth, timeout=10)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def simulator(self, path: str) -> Any:
        return requests.get(f"{self.ready['simulator_url']}{path}", timeout=10).json()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        code = self.process.wait(15)
        self.reader.join(5)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        return code


def start(data: Path, *, settings: dict[str, str] | None = None, options: tuple[str, ...] = ()) -> Installation:
    """Run `shortlink up` on free ports and wait for its ready line."""
    command = [str(Path(sys.executable).parent / "shortlink"), "up", "--json", "--data", str(data)]
    command += ["--port", "0", "--link-port", "0", "--simulator-port", "0", *options]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}
    process = subprocess.Popen(
        command,
        env=inherited | {"SHORTLINK_CALLBACK_SCHEDULE": FAST_SCHEDULE} | (settings or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log: list[str] = []
    assert process.stderr is not None
    assert process.stdout is not None
    reader = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
    reader.start()
    line = process.stdout.readline()
    if not line:
        process.wait(15)
        raise AssertionError(f"`up` ended with {process.returncode}:\n{''.join(log)}")
    return Installation(process=process, ready=json.loads(line), log=log, reader=reader)
