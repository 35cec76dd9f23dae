"""Twilio as a carrier, through its official SDK."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from shortlink.carriers import CarrierMessage, Submission
from shortlink.carriers.twilio_errors import NO_SUCH_THING
from shortlink.carriers.twilio_receipts import TwilioReceipts, error_code, status_for
from shortlink.carriers.twilio_transport import TwilioTransport
from shortlink.domain.errors import CarrierBusy, CarrierRejectsUs, NotFound, OutcomeUnknown
from shortlink.domain.message import DeliveryReceipt, MessageStatus

VALIDITY_SECONDS = 14_400  # an SMS that waits longer than this in Twilio's queue is stale: let it fail there (30036)
LONGEST_SHORT_CODE = 6
PAGE_SIZE = 500
PAGES_AT_MOST = 20

# The SDK's own HTTP client is not used here, but it logs URLs with phone numbers at INFO: keep it quiet all the same.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


class TwilioCarrier:
    """A Carrier that hands messages to Twilio, or to whatever speaks Twilio's API at `base_url`.

    The auth token checks receipts, and signs in too unless an API key is given. With a Messaging Service, Twilio
    picks the sender and the submission's own is not used. Timeouts are in seconds.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        api_key: str | None = None,
        api_secret: str | None = None,
        messaging_service_sid: str | None = None,
        base_url: str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 30.0,  # Twilio itself gives up after about 26 s, so most late answers are still seen
    ) -> None:
        self._transport = TwilioTransport(base_url=base_url, connect_timeout=connect_timeout, read_timeout=read_timeout)
        client = Client(  # type: ignore[no-untyped-call]  # the SDK has no type hints here
            username=api_key or account_sid,
            password=api_secret if api_key else auth_token,
            account_sid=account_sid,
            http_client=self._transport,
            environment={"TWILIO_EDGE": ""},  # an empty mapping would make the SDK read the real environment
        )
        self._messages: Any = client.messages
        self._messaging_service_sid = messaging_service_sid
        self._receipts = TwilioReceipts(auth_token)

    def submit(self, submission: Submission) -> DeliveryReceipt:
        """Create the message at Twilio; one request, never repeated."""
        fields = {"to": submission.recipient, "body": submission.text, "validity_period": VALIDITY_SECONDS}
        if self._messaging_service_sid:
            fields["messaging_service_sid"] = self._messaging_service_sid
        else:
            fields["from_"] = sender_address(submission.sender)
        if submission.receipt_url is not None:
            fields["status_callback"] = submission.receipt_url
        with self._transport.sending_until(submission.not_after), _readable():
            return _receipt(self._messages.create(**fields))

    def fetch(self, carrier_id: str) -> DeliveryReceipt:
        """Fetch the message from Twilio."""
        try:
            with _asking(), _readable():
                return _receipt(self._messages(carrier_id).fetch())
        except CarrierRejectsUs as error:
            if error.code == NO_SUCH_THING:
                raise NotFound("Twilio knows no such message.") from None
            raise

    def find(self, recipient: str, *, containing: str, since: int) -> list[CarrierMessage]:
        """List Twilio's messages to the number and look through their texts.

        Twilio's own filter is by date of sending, which a message still in the queue does not have: so the time is
        compared here, with the date of creation, to the second.
        """
        found: list[CarrierMessage] = []
        with _asking(), _readable():
            for page in self._pages(recipient):
                young = [one for one in page if _is_since(one, since)]
                found += [
                    _listed(one) for one in young if one.direction != "inbound" and containing in (one.body or "")
                ]
                if not young:
                    return _newest_first(found)
        if not found:
            raise OutcomeUnknown("There are too many messages to this number to look through.")
        return _newest_first(found)

    def read_receipt(self, form: Mapping[str, str]) -> DeliveryReceipt | None:
        """Translate a status callback: see TwilioReceipts."""
        return self._receipts.read_receipt(form)

    def receipt_is_genuine(self, url: str, parameters: Collection[tuple[str, str]], signature: str) -> bool:
        """Check the signature of a status callback: see TwilioReceipts."""
        return self._receipts.receipt_is_genuine(url, parameters, signature)

    def _pages(self, recipient: str) -> Iterator[list[Any]]:
        """Yield Twilio's pages of messages to a number, newest first, and an empty one if those were all."""
        page = self._messages.page(to=recipient, page_size=PAGE_SIZE)
        for pages_left in reversed(range(PAGES_AT_MOST)):
            yield list(page)
            if page.next_page_url is None:
                yield []
                return
            if pages_left:
                page = page.next_page()


def sender_address(sender: str) -> str:
    """Write a sender as Twilio wants it: numbers with a plus, names and short codes as they are."""
    is_number = sender.isascii() and sender.isdecimal() and len(sender) > LONGEST_SHORT_CODE
    return f"+{sender}" if is_number else sender


@contextmanager
def _readable() -> Iterator[None]:
    """Turn an answer that the SDK cannot digest into OutcomeUnknown; the SDK's own error may quote the answer."""
    try:
        yield
    except (TwilioException, AttributeError, LookupError, TypeError, ValueError) as error:
        raise OutcomeUnknown(f"Twilio's answer cannot be read ({type(error).__name__}).") from None


@contextmanager
def _asking() -> Iterator[None]:
    """Turn OutcomeUnknown into CarrierBusy around requests that only read: asking again is always safe."""
    try:
        yield
    except OutcomeUnknown as error:
        raise CarrierBusy(error.reason, code=error.code) from None


def _receipt(message: Any) -> DeliveryReceipt:
    return DeliveryReceipt(
        carrier_id=_carrier_id(message), status=_status(message), error=error_code(message.status, message.error_code)
    )


def _listed(message: Any) -> CarrierMessage:
    return CarrierMessage(
        carrier_id=_carrier_id(message),
        status=_status(message),
        error=error_code(message.status, message.error_code),
        text=message.body or "",  # Twilio empties a text when asked to redact it
        created_at=_created_at(message),
    )


def _carrier_id(message: Any) -> str:
    if not isinstance(message.sid, str) or not message.sid:
        raise OutcomeUnknown("Twilio's answer names no message.")
    return message.sid


def _status(message: Any) -> MessageStatus:
    """Translate the status of a message that Twilio has: at a new word of Twilio's, it still has the message."""
    return status_for(message.status) or MessageStatus.QUEUED


def _created_at(message: Any) -> int | None:
    return int(message.date_created.timestamp()) * 1000 if isinstance(message.date_created, datetime) else None


def _is_since(message: Any, since: int) -> bool:
    created_at = _created_at(message)
    return created_at is None or created_at >= since // 1000 * 1000


def _newest_first(messages: list[CarrierMessage]) -> list[CarrierMessage]:
    return sorted(messages, key=lambda one: one.created_at or 0, reverse=True)
