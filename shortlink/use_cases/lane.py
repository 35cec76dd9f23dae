"""The lanes from the ledger to the workers, one for each kind of work: what is next there, and how much at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlink.domain.due import Due
from shortlink.storage.due_heads import DueHead
from shortlink.storage.ledger import Ledger, Offer
from shortlink.use_cases.account_turns import AccountTurns
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.queue_ahead import QueueAhead


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The way of one kind of work. `pace` is the carrier's, if the operator has set one and this leads there.

    With `turns`, which need a pace, accounts take turns over all partitions together: where few go out, those of each
    partition alone would have an account wait until its partition is asked. Of several dispatchers one offers then.
    """

    due: Due
    ledger: Ledger
    again_ms: int
    ahead: QueueAhead
    pace: CarrierPace | None = None
    turns: AccountTurns | None = None

    def room(self, jobs: int) -> int:
        """Say how many ids may be queued now that so many jobs wait. Raises StoreUnavailable.

        To be asked after the jobs were counted: one that a worker takes in between then counts twice, not never.
        """
        return self.ahead.room(jobs, moments=self.pace.free_soon() if self.pace else None)

    def take(self, most: int) -> Offer:
        """Take what is next of what is due. Raises StoreUnavailable."""
        if self.turns is None or self.pace is None:
            return self.ledger.offer(self.due, again_ms=self.again_ms, most=most)
        heads, next_ms = self.ledger.heads.look()
        if heads and (wait_ms := self.pace.until_turn_to_offer()):
            return Offer(members=(), next_ms=wait_ms)
        return self._take_by_turns(self.turns.pick(heads, most), len(heads), next_ms)

    def _take_by_turns(self, chosen: Sequence[DueHead], seen: int, next_ms: int | None) -> Offer:
        members = self.ledger.heads.take(chosen, again_ms=self.again_ms)
        if seen > len(chosen):
            next_ms = 0
        elif members:
            next_ms = min(self.again_ms, self.again_ms if next_ms is None else next_ms)
        return Offer(members=tuple(members), next_ms=next_ms)


def make_lanes(ledger: Ledger, *, pace: CarrierPace, again_ms: int) -> dict[Due, Lane]:
    """Make the lanes of one dispatcher; what is offered and never taken comes back after `again_ms`."""
    plain = {due: Lane(due=due, ledger=ledger, again_ms=again_ms, ahead=QueueAhead()) for due in Due}
    if not pace.at_once:
        return plain
    paced = Lane(
        due=Due.MESSAGES,
        ledger=ledger,
        again_ms=again_ms,
        ahead=QueueAhead(most_batch=pace.at_once),
        pace=pace,
        turns=AccountTurns() if pace.is_slow else None,
    )
    return plain | {Due.MESSAGES: paced}
