"""The simulation as a whole: the account, what it keeps, its faults and its receipts. Pages and API only ask it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from shortlink.domain.segment import count_segments
from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.course import Pace, plan
from shortlink.simulator.database import Database, SwitchStore
from shortlink.simulator.draft import Draft
from shortlink.simulator.erasure import erase_number
from shortlink.simulator.errors import Refusal
from shortlink.simulator.faults import FaultSwitches
from shortlink.simulator.incoming import IncomingStore, PhoneNetwork
from shortlink.simulator.links import find_links
from shortlink.simulator.magic import behaviour_of
from shortlink.simulator.message_store import MessageStore, StepStore, TapStore
from shortlink.simulator.receipts import ReceiptSender
from shortlink.simulator.received import CallbackStore
from shortlink.simulator.sms import Sms, SmsStatus, Tap
from shortlink.simulator.visitors import VISITORS, tap


def epoch_ms() -> int:
    """Read the clock: UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Simulation:
    """One simulated carrier account. `start` it before use, `close` it after.

    `data` names the file that lets messages, callbacks and switches survive a restart; without it they are kept in
    memory. `webhook_secrets` are those with which the receiver page checks signatures; `inbound_url` is where messages
    from phones are posted.
    """

    def __init__(
        self,
        account: TwilioAccount,
        *,
        data: Path | None = None,
        pace: Pace | None = None,
        webhook_secrets: Sequence[str] = (),
        inbound_url: str | None = None,
        now: Callable[[], int] = epoch_ms,
    ) -> None:
        self.account = account
        self.webhook_secrets = tuple(webhook_secrets)
        self.now = now
        self._pace = pace or Pace()
        self._database = Database(data)
        self._run = uuid.uuid4().hex[:8]
        self.messages = MessageStore(self._database)
        self.taps = TapStore(self._database)
        self.callbacks = CallbackStore(self._database)
        self.incoming = IncomingStore(self._database)
        self.phones = PhoneNetwork(account, inbound_url, self.incoming, now)
        self.faults = FaultSwitches(SwitchStore(self._database))
        self._receipts = ReceiptSender(account, StepStore(self._database), now)

    @property
    def version(self) -> str:
        """A word that changes whenever anything that is kept here changes."""
        return f"{self._run}-{self._database.version}"

    def start(self) -> None:
        """Begin to move messages along, those of an earlier run included."""
        self._receipts.start()

    def close(self) -> None:
        """Stop; what is still to come stays in the file."""
        self._receipts.close()
        self._database.close()

    def accept(self, draft: Draft) -> Sms:
        """Store a message together with the whole course of its life."""
        now = self.now()
        first = SmsStatus.ACCEPTED if draft.service_sid else SmsStatus.QUEUED
        sms = Sms(
            sid=f"SM{uuid.uuid4().hex}",
            recipient=draft.recipient,
            sender=draft.sender,
            service_sid=draft.service_sid,
            body=draft.body,
            status=SmsStatus.SCHEDULED if draft.send_at else first,
            segments=count_segments(draft.body).count,
            callback_url=draft.callback_url,
            created_at=now,
            updated_at=now,
        )
        behaviour = behaviour_of(draft.recipient)
        steps = plan(
            sms.sid,
            behaviour,
            first=sms.status,
            starts_at=draft.send_at or now,
            pace=self._pace,
            receipts=self.faults.for_receipts(behaviour.receipts),
            late_ms=int(self.faults.current.late_seconds * 1000),
        )
        self._receipts.schedule(self.messages.add(sms, steps))
        return sms

    def erase(self, number: str) -> dict[str, int]:
        """Forget a number: its messages, and the received callbacks that name it."""
        return erase_number(self._database, number)

    def fetch(self, sid: str) -> Sms | None:
        """Look a message up; the number that is delivered by being looked at is delivered now."""
        sms = self.messages.get(sid)
        if sms and sms.status is SmsStatus.SENT and behaviour_of(sms.recipient).delivered_by_fetch:
            self.messages.change(sid, SmsStatus.DELIVERED, self.now())
            return self.messages.get(sid)
        return sms

    def tap(self, sid: str, url: str, visitor: str) -> Tap:
        """Fetch a link in the name of a visitor and note what came back.

        Raises Refusal unless the link stands in that very message: this is no open proxy.
        """
        sms = self.messages.get(sid)
        if sms is None or visitor not in VISITORS or url not in find_links(sms.body):
            raise Refusal(20404, "link")
        made = tap(sid, url, VISITORS[visitor], self.now())
        self.taps.add(made)
        return made
