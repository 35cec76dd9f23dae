"""Shape messages as Twilio's JSON does: one resource, and the page of a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from shortlink.simulator.errors import FAILURES
from shortlink.simulator.paging import Page
from shortlink.simulator.sms import Sms

API_VERSION = "2010-04-01"
PRICE = 0.0079  # US dollars a segment; shown once the message was sent


def rfc2822(at: int | None) -> str | None:
    """Write a time as Twilio does, in GMT and full seconds."""
    return None if at is None else format_datetime(datetime.fromtimestamp(at // 1000, UTC))


def collection_path(account_sid: str) -> str:
    """The path of an account's messages."""
    return f"/{API_VERSION}/Accounts/{account_sid}/Messages"


def to_resource(account_sid: str, sms: Sms) -> dict[str, Any]:
    """Shape one message, with every property of Twilio's description and no other."""
    base = f"{collection_path(account_sid)}/{sms.sid}"
    sent = sms.sent_at is not None
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": sms.body,
        "date_created": rfc2822(sms.created_at),
        "date_sent": rfc2822(sms.sent_at),
        "date_updated": rfc2822(sms.updated_at),
        "direction": "outbound-api",
        "error_code": sms.error_code,
        "error_message": FAILURES.get(sms.error_code) if sms.error_code else None,
        "from": sms.shown_sender,
        "messaging_service_sid": sms.service_sid,
        "num_media": "0",
        "num_segments": "0" if sms.status.awaits_sender else str(sms.segments),
        "price": f"{-PRICE * sms.segments:.5f}" if sent else None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status.value,
        "subresource_uris": {"media": f"{base}/Media.json"},
        "to": sms.recipient,
        "uri": f"{base}.json",
    }


def to_list(account_sid: str, page: Page, filters: Mapping[str, str]) -> dict[str, Any]:
    """Shape one page of a list."""

    def uri(number: int, token: str | None = None) -> str:
        query = {**filters, "PageSize": page.size, "Page": number} | ({"PageToken": token} if token else {})
        return f"{collection_path(account_sid)}.json?{urlencode(query)}"

    start = page.number * page.size
    return {
        "end": start + max(len(page.messages) - 1, 0),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page.number + 1, page.next_token) if page.next_token else None,
        "page": page.number,
        "page_size": page.size,
        "previous_page_uri": uri(page.number - 1, page.previous_token) if page.previous_token else None,
        "messages": [to_resource(account_sid, sms) for sms in page.messages],
        "start": start,
        "uri": uri(page.number, page.token),
    }
