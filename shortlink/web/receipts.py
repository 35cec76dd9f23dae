"""Delivery receipts: the carrier tells what became of a message."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from flask import Blueprint, Response, abort

from shortlink.domain.errors import NotFound
from shortlink.domain.message_id import split_message_id
from shortlink.domain.receipt_address import RECEIPTS_PATH, receipt_mac_matches
from shortlink.use_cases.apply_receipt import apply_receipt
from shortlink.web.answers import empty, problem
from shortlink.web.carrier_signature import signed_form
from shortlink.web.context import services

receipts = Blueprint("receipts", __name__)


@receipts.post(f"{RECEIPTS_PATH}/<message_id>/<mac>")
def take_receipt(message_id: str, mac: str) -> Response:
    """Take one receipt; what cannot help any more is answered well, so that nobody repeats it for ever."""
    known = services()
    form = signed_form()
    if form is None or not receipt_mac_matches(message_id, mac, known.settings.key):
        abort(problem(403, "The signature does not match."))
    receipt = known.receipts.read_receipt(form)
    split = split_message_id(message_id)
    if receipt is not None and split is not None:
        with suppress(NotFound):
            apply_receipt(
                split[0],
                receipt,
                sendings=known.sendings,
                carrier_ids=known.carrier_ids,
                note_sender=partial(known.note_sender, message_id),
                poll_ms=known.settings.first_poll_ms,
                report_ms=known.settings.first_callback_ms,
            )
    return empty(204)
