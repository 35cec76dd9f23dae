"""Delivery receipts: the carrier tells what became of a message."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, abort, request

from shortlink.domain.code import split_message_id
from shortlink.domain.errors import NotFound
from shortlink.domain.receipt_address import RECEIPTS_PATH, receipt_mac_matches
from shortlink.use_cases.apply_receipt import apply_receipt
from shortlink.web.answers import empty, problem
from shortlink.web.context import services

receipts = Blueprint("receipts", __name__)


@receipts.post(f"{RECEIPTS_PATH}/<message_id>/<mac>")
def take_receipt(message_id: str, mac: str) -> Response:
    """Take one receipt; what cannot help any more is answered well, so that nobody repeats it for ever."""
    known = services()
    form = request.form.to_dict()
    if not _is_genuine(message_id, mac, form):
        abort(problem(403, "The signature does not match."))
    receipt = known.receipts.read_receipt(form)
    split = split_message_id(message_id)
    if receipt is not None and split is not None:
        with suppress(NotFound):
            apply_receipt(
                split[0],
                receipt,
                messages=known.messages,
                poll_ms=known.first_poll_ms,
                report_ms=known.first_try_ms,
            )
    return empty(204)


def _is_genuine(message_id: str, mac: str, form: dict[str, str]) -> bool:
    """Check that we made this address and that the carrier signed what it posted to it.

    The URL is the configured one, never built from the Host header, which anybody can write. Without a token
    nothing can have been signed.
    """
    settings, reader = services().settings, services().receipts
    query = request.query_string.decode("latin-1")
    url = settings.api_url + request.path + (f"?{query}" if query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    signed = bool(settings.twilio_auth_token) and reader.receipt_is_genuine(url, form, signature)
    return receipt_mac_matches(message_id, mac, settings.key) and signed
