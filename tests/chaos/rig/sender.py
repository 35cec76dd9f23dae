"""The sender: a customer's program that sends messages and repeats a request, with its key, until it is answered."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from shortlink.domain.message_id import split_message_id
from tests.chaos.rig.crew import work_through
from tests.chaos.rig.journal import Journal

PATIENCE_SECONDS = 30.0
GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One answer to a request to send; without a 201 the id is empty."""

    status: int
    msgid: str = ""
    seconds: float = 0.0
    retry_after: str = ""

    @property
    def code(self) -> str:
        split = split_message_id(self.msgid)
        return split[0] if split else ""


def fields_for(number: int, *, click_url: str | None = None, report_url: str | None = None) -> dict[str, str]:
    """Write the form of the n-th message: its own recipient, its own target."""
    fields = {
        "message": f"Offer {number} at https://shop.example/{number} today",
        "recipient": f"+8190{20_000_000 + number}",
        "sender": "SHOP",
        "track_link": "true",
    }
    if click_url:
        fields["lt_callbackurl"] = click_url
    if report_url:
        fields["callbackurl"] = report_url
    return fields


class Sender:
    """Sends from several threads."""

    def __init__(self, api_url: str, auth: tuple[str, str], journal: Journal, *, threads: int = 4) -> None:
        self.journal = journal
        self._address = urlsplit(api_url)
        self._authorization = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        self._threads = threads

    def send_once(self, fields: dict[str, str], *, key: str | None = None) -> Sent:
        """Make one request, on a connection of its own; a status of 0 says that no answer came."""
        headers = {"Authorization": self._authorization, "Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = HTTPConnection(self._address.hostname or "", self._address.port, timeout=PATIENCE_SECONDS)
        began = time.monotonic()
        try:
            connection.request("POST", "/sms/messages/", urlencode(fields), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            return Sent(status=0, seconds=time.monotonic() - began)
        finally:
            connection.close()
        msgid = json.loads(body)[0]["msgid"] if answer.status == 201 else ""
        wait = answer.headers.get("Retry-After", "")
        return Sent(status=answer.status, msgid=msgid, seconds=time.monotonic() - began, retry_after=wait)

    def send_all(
        self, numbers: Sequence[int], fields_of: Callable[[int], dict[str, str]], *, rate: float = 1e6
    ) -> dict[int, str]:
        """Send every message, repeating under its own key until it is accepted; give the codes by number.

        What was not accepted for two minutes, or was refused, has none.
        """
        codes: dict[int, str] = {}

        def send(_: int, number: int) -> None:
            if code := self._send_until_accepted(number, fields_of(number)):
                codes[number] = code

        work_through(numbers, send, rate=rate, threads=self._threads, name="sender")
        return codes

    def _send_until_accepted(self, number: int, fields: dict[str, str]) -> str:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            sent = self.send_once(fields, key=f"chaos-{number}")
            self.journal.note(what="sent", number=number, status=sent.status, msgid=sent.msgid)
            if sent.status == 201 or 400 <= sent.status < 500:
                return sent.code
            time.sleep(0.2)
        return ""
