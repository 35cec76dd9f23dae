"""Attend to a due message: claim it and do the work it needs."""

from __future__ import annotations

import time

from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.message import MessageStatus
from shortlink.storage.sendings import Work
from shortlink.use_cases.poll_message import poll_message
from shortlink.use_cases.reconcile_message import reconcile_message
from shortlink.use_cases.send_desk import PAUSE_SECONDS, SendDesk, overslept
from shortlink.use_cases.submit_message import submit_message


def attend_message(code: str, desk: SendDesk) -> None:
    """Claim a due message and submit it, look for it at the carrier, or fetch its status.

    Safe to call at any time and any number of times: without a claim nothing is done. Raises StoreUnavailable, and
    RecordUnreadable, which is noted; the lease then brings the message back. A moment of the carrier's that is not
    needed is given back, but none of a pause: all that waits would be put off at once, and lose its turn.
    """
    started = time.monotonic()
    try:
        claim = desk.sendings.claim(code, lease_ms=desk.rules.lease_ms, first_look_ms=desk.rules.looks_ms[0])
    except RecordUnreadable:
        desk.pace.give_back()
        raise
    if claim is None:
        desk.pace.give_back()
        return
    if overslept(started, desk.rules.lease_ms):  # its moment is long gone
        return
    if desk.is_paused():
        unsent = claim.work is Work.SUBMIT
        status = MessageStatus.ACCEPTED if unsent else claim.message.status
        desk.try_later(claim, status, PAUSE_SECONDS * 1000)
    elif claim.work is Work.SUBMIT:
        submit_message(claim, desk, started=started)
    elif claim.work is Work.RECONCILE:
        reconcile_message(claim, desk)
    else:
        poll_message(claim, desk)
