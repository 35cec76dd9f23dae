"""Move messages along their course and post the status callbacks.

One thread keeps the time and changes statuses; a few lanes post. All receipts of a message take the same lane, so
that they arrive in the order in which they were due.
"""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from queue import SimpleQueue

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.errors import FAILURES
from shortlink.simulator.form_post import post_form
from shortlink.simulator.message_store import StepStore
from shortlink.simulator.outgoing import ConnectionFailed
from shortlink.simulator.sms import Sms, Step

log = logging.getLogger(__name__)
LANES = 8

_Task = tuple[Step, Sms]


class ReceiptSender:
    """Carries out steps when they are due; what is still to come is taken from the store at the start."""

    def __init__(self, account: TwilioAccount, steps: StepStore, now: Callable[[], int]) -> None:
        self._account = account
        self._steps = steps
        self._now = now
        self._due: list[tuple[int, int, Step]] = []
        self._wake = threading.Condition()
        self._stopped = False
        self._lanes: list[SimpleQueue[_Task | None]] = [SimpleQueue() for _ in range(LANES)]
        self._threads = [threading.Thread(target=self._keep_time, name="receipts-clock", daemon=True)]
        self._threads += [
            threading.Thread(target=self._post_all, args=(lane,), name="receipts-lane", daemon=True)
            for lane in self._lanes
        ]

    def start(self) -> None:
        """Start the threads, with the steps that an earlier run left."""
        self.schedule(self._steps.pending())
        for thread in self._threads:
            thread.start()

    def schedule(self, steps: Iterable[Step]) -> None:
        """Take stored steps up."""
        with self._wake:
            for step in steps:
                heapq.heappush(self._due, (step.due_at, step.id, step))
            self._wake.notify()

    def close(self) -> None:
        """Stop; posts under way are waited for, the rest stays in the store."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        for lane in self._lanes:
            lane.put(None)
        for thread in self._threads:
            if thread.ident is not None:  # it was started
                thread.join(timeout=2)

    def _keep_time(self) -> None:
        while (step := self._next()) is not None:
            sms = self._steps.begin(step, self._now())
            if sms and step.notifies:
                self._lanes[int(step.sid[-4:], 16) % LANES].put((step, sms))

    def _next(self) -> Step | None:
        """Wait for the next step that is due; None when it is time to stop."""
        with self._wake:
            while not self._stopped:
                wait = (self._due[0][0] - self._now()) / 1000 if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)
            return None

    def _post_all(self, lane: SimpleQueue[_Task | None]) -> None:
        while (task := lane.get()) is not None:
            step, sms = task
            if self._stopped:
                return
            if sms.callback_url:
                self._post(sms.callback_url, step, sms)
            self._steps.finish(step)

    def _post(self, url: str, step: Step, sms: Sms) -> None:
        try:
            status = post_form(self._account, url, receipt_fields(self._account.sid, step, sms))
        except ConnectionFailed as error:
            log.warning("receipt of %s not posted: %s", sms.sid, error)
            return
        if status >= 400:
            log.warning("receipt of %s answered with %s", sms.sid, status)


def receipt_fields(account_sid: str, step: Step, sms: Sms) -> dict[str, str]:
    """List the form fields with which Twilio tells of a status."""
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "MessageSid": sms.sid,
        "SmsSid": sms.sid,
        "MessageStatus": step.status.value,
        "SmsStatus": step.status.value,
        "To": sms.recipient,
        "From": sms.shown_sender or "",
    }
    if sms.service_sid:
        fields["MessagingServiceSid"] = sms.service_sid
    if step.error_code:
        fields |= {"ErrorCode": str(step.error_code), "ErrorMessage": FAILURES[step.error_code]}
    if step.status.is_final:
        fields["RawDlrDoneDate"] = datetime.fromtimestamp(step.due_at / 1000, UTC).strftime("%y%m%d%H%M")
    return fields
