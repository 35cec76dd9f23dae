"""Apply a delivery receipt: raise the message's status, make its report due."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.domain.errors import NotFound
from shortlink.domain.message import DeliveryReceipt
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.sendings import SendingStore


def apply_receipt(
    code: str,
    receipt: DeliveryReceipt,
    *,
    sendings: SendingStore,
    carrier_ids: CarrierIdStore,
    note_sender: Callable[[], object],
    poll_ms: int,
    report_ms: int,
) -> str:
    """Apply the carrier's word on one message; late, doubled and reordered receipts change nothing.

    Returns "adopted" (the carrier's id was not known before), "ok", "same", or "conflict" (a second message of
    the carrier's claims to be this one). `note_sender` is called when it was not known before that the carrier has the
    message: its worker may never hear of it. Raises NotFound when the message is gone.
    """
    answer = sendings.advance(code, receipt, poll_ms=poll_ms, report_ms=report_ms)
    if answer == "adopted":
        carrier_ids.own(receipt.carrier_id, code)
        note_sender()
    if answer == "gone":
        raise NotFound("no such message")
    return answer
