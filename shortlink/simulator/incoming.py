"""What people answer: messages from a phone to one of the service's senders, posted to the service as Twilio does."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shortlink.domain.segment import count_segments
from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.database import Database
from shortlink.simulator.form_post import post_form
from shortlink.simulator.outgoing import ConnectionFailed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingSms:
    """One message from a phone, and how the service answered the report of it."""

    sid: str
    at: int  # UTC milliseconds
    phone: str
    sender: str  # the service's number that was written to
    body: str
    status: int | None = None  # the HTTP status of the answer
    error: str | None = None


class IncomingStore:
    """The messages that came from phones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sms: IncomingSms) -> None:
        """Keep a message; one with a known sid is replaced."""
        with self._database.write() as rows:
            rows.execute(
                "INSERT OR REPLACE INTO incoming (sid, at, phone, sender, body, status, error)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (sms.sid, sms.at, sms.phone, sms.sender, sms.body, sms.status, sms.error),
            )

    def list(self, phone: str = "") -> list[IncomingSms]:
        """List all messages, or those of one phone, oldest first."""
        where, values = ("WHERE phone = ?", (phone,)) if phone else ("", ())
        query = f"SELECT * FROM incoming {where} ORDER BY at, sid"  # noqa: S608  # no input in it
        return [_sms(row) for row in self._database.read(query, values)]

    def delete(self) -> int:
        """Delete them all and return how many there were."""
        with self._database.write() as rows:
            return rows.execute("DELETE FROM incoming").rowcount


class PhoneNetwork:
    """Carries what a phone sends to the service: one signed POST, repeated once when the connection fails."""

    def __init__(
        self, account: TwilioAccount, url: str | None, incoming: IncomingStore, now: Callable[[], int]
    ) -> None:
        self._account = account
        self._url = url or None
        self._incoming = incoming
        self._now = now

    @property
    def open(self) -> bool:
        """Whether there is an address to post to."""
        return self._url is not None

    def send(
        self, phone: str, sender: str, body: str, *, sid: str = "", extra: Mapping[str, str] | None = None
    ) -> IncomingSms:
        """Post a message from a phone and keep what was answered; a `sid` makes it a repeat of an earlier report.

        `extra` are further fields that Twilio sends on some accounts, such as OptOutType. Raises ValueError when no
        address is known.
        """
        if self._url is None:
            raise ValueError("the simulator was started without --inbound-url")
        sid = sid or f"SM{uuid.uuid4().hex}"
        fields = inbound_fields(self._account.sid, sid, phone, sender, body) | dict(extra or {})
        status, error = self._post(self._url, fields)
        sms = IncomingSms(sid=sid, at=self._now(), phone=phone, sender=sender, body=body, status=status, error=error)
        self._incoming.add(sms)
        return sms

    def _post(self, url: str, fields: Mapping[str, str]) -> tuple[int | None, str | None]:
        try:
            return post_form(self._account, url, fields), None
        except ConnectionFailed as error:
            log.warning("an incoming message was not posted: %s", error)
            return None, str(error)


def inbound_fields(account_sid: str, sid: str, phone: str, sender: str, body: str) -> dict[str, str]:
    """List the form fields with which Twilio hands a message on."""
    return {
        "ToCountry": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "To": sender if len(sender.lstrip("+")) <= 6 else "+" + sender.lstrip("+"),
        "NumSegments": str(count_segments(body).count),
        "MessageSid": sid,
        "AccountSid": account_sid,
        "From": phone,
        "ApiVersion": "2010-04-01",
    }


def _sms(row: sqlite3.Row) -> IncomingSms:
    return IncomingSms(**{name: row[name] for name in IncomingSms.__dataclass_fields__})
