"""The service as a process beside the tests."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from typing import IO, Any
from urllib.parse import urlencode

from shortlink.client import Client, Message
from shortlink.config import Settings, environment, no_settings
from shortlink.lifeline import die_with_parent
from shortlink.testing.waiting import PATIENCE_SECONDS, wait_until

STOP_SECONDS = 20.0
# What takes minutes and days in earnest happens at once, so that a test can wait for it.
QUICK: Mapping[str, str] = {
    "SHORTLINK_CALLBACK_SCHEDULE": ",".join(["0"] + ["0.2"] * 9),
    "SHORTLINK_SEND_BACKOFF": "0.2",
    "SHORTLINK_RECONCILE_SCHEDULE": "0.5,0.5,0.5",
    "SHORTLINK_RECEIPT_SCHEDULE": "1,1,2,5,10,30,60",
    "SHORTLINK_LOG_LEVEL": "WARNING",
}
_NOT_PASSED_ON = ("SHORTLINK_", "TWILIO_", "OTEL_")
_UP = "from shortlink.cli import main; main()"
_OPTIONS = ("up", "--json", "--port", "0", "--link-port", "0", "--simulator-port", "0", "--data")


class ServiceDidNotStart(Exception):
    """The service ended before it was ready; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsService:
    """Where the service is, and an account at it. `client` calls in that account's name."""

    api_url: str
    link_url: str
    simulator_url: str
    sid: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client: Client = field(repr=False, compare=False)

    @property
    def auth(self) -> tuple[str, str]:
        """SID and token, as HTTP libraries take them."""
        return self.sid, self.token

    def callback_url(
        self, path: str = "test", *, answers: Sequence[int | str] = (), delay_seconds: float | None = None
    ) -> str:
        """Make an address that takes callbacks for `Handset.callbacks`.

        It answers 200, or these one after the other, the last one for ever; `"drop"` closes the connection.
        """
        given = {"answers": ",".join(map(str, answers)), "delay": "" if delay_seconds is None else str(delay_seconds)}
        query = urlencode({name: value for name, value in given.items() if value}, safe=",")
        return f"{self.simulator_url}/callbacks/{path}" + (f"?{query}" if query else "")

    def wait_until_final(self, msgid: str, *, seconds: float = PATIENCE_SECONDS) -> Message:
        """Wait until a message is delivered or lost, and return it. Raises AssertionError when it takes too long."""

        def look() -> Message | None:
            message = self.client.get(msgid)
            return message if message.final else None

        return wait_until(look, seconds, lambda: f"the end of a message that is {self.client.get(msgid).status}")


@contextmanager
def running_service(settings: Sequence[str] = ()) -> Iterator[SmsService]:
    """Run the service for as long as a `with` lasts, on data of its own; settings are `NAME=VALUE`.

    Nothing of this process's SHORTLINK_… and TWILIO_… variables reaches it: no test may ever send for real.
    """
    # Not pytest's tmp_path: the store's socket needs a short path.
    with tempfile.TemporaryDirectory(prefix="sl-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        with log.open("wb") as stream:
            process = _start(Path(folder) / "data", settings, stream)
        try:
            yield from _with_client(_read_ready_line(process, log))
        finally:
            _stop(process)


def _with_client(ready: Mapping[str, Any]) -> Iterator[SmsService]:
    with Client(ready["api_url"], ready["sid"], ready["auth_token"]) as client:
        yield SmsService(
            api_url=ready["api_url"],
            link_url=ready["link_url"],
            simulator_url=ready["simulator_url"],
            sid=ready["sid"],
            token=ready["auth_token"],
            webhook_secret=ready["webhook_secret"],
            client=client,
        )


def _start(data: Path, settings: Sequence[str], log: IO[bytes]) -> subprocess.Popen[str]:
    clean = {name: value for name, value in environment().items() if not name.startswith(_NOT_PASSED_ON)}
    given = _read_settings(settings)
    return subprocess.Popen(
        [sys.executable, "-c", _UP, *_OPTIONS, str(data)],
        env={**clean, **QUICK, **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        preexec_fn=lambda: die_with_parent(SIGTERM),  # noqa: PLW1509  # a test run that is killed leaves nothing behind
    )


def _read_settings(lines: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for line in lines:
        name, sign, value = line.partition("=")
        if not sign:
            raise ServiceDidNotStart(f"shortlink_settings: {line!r} is no setting, such as SHORTLINK_CODE_LENGTH=12")
        given[name.strip()] = value.strip()
    # The exporter of traces reads variables of its own.
    if faults := no_settings((name for name in given if not name.startswith("OTEL_")), Settings):
        raise ServiceDidNotStart("\n".join(f"shortlink_settings: {fault}" for fault in faults))
    return given


def _read_ready_line(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout else ""
    if line:
        found: dict[str, Any] = json.loads(line)
        return found
    process.wait(STOP_SECONDS)
    raise ServiceDidNotStart(log.read_text(errors="replace")[-4000:] or f"exit code {process.returncode}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
