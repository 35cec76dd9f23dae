"""Plan a message's life: when it takes which status, and when a receipt tells of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shortlink.simulator.magic import Behaviour, Receipts
from shortlink.simulator.sms import SmsStatus, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast messages move: to the first step, and from one step to the next."""

    first_ms: int = 50
    step_ms: int = 150


def plan(
    sid: str, behaviour: Behaviour, *, first: SmsStatus, starts_at: int, pace: Pace, receipts: Receipts, late_ms: int
) -> tuple[Step, ...]:
    """List what will happen to a message that was taken with the status `first`.

    Twilio sends no receipt for the first status; a message that waited for its sender is queued next, and told of.
    """
    course = (SmsStatus.QUEUED, *behaviour.course) if first.awaits_sender else behaviour.course
    steps = tuple(
        Step(
            sid=sid,
            due_at=starts_at + (pace.first_ms + place * pace.step_ms) * behaviour.slowness,
            status=status,
            error_code=behaviour.error_code if place == len(course) - 1 else None,
        )
        for place, status in enumerate(course)
    )
    return _shape(steps, receipts, pace, late_ms)


def _shape(steps: tuple[Step, ...], receipts: Receipts, pace: Pace, late_ms: int) -> tuple[Step, ...]:
    """Part the receipts from the changes, as the receipts' behaviour has it."""
    if receipts is Receipts.ON_TIME:
        return steps
    if receipts is Receipts.DOUBLED:
        return (*steps, *(_receipt(step, step.due_at + pace.step_ms) for step in steps))
    silent = tuple(replace(step, notifies=False) for step in steps)
    if receipts is Receipts.LOST:
        return silent
    if receipts is Receipts.LATE:
        return (*silent, *(_receipt(step, step.due_at + late_ms) for step in steps))
    last = steps[-1].due_at
    return (*silent, *(_receipt(step, last + place * pace.step_ms) for place, step in enumerate(reversed(steps))))


def _receipt(step: Step, due_at: int) -> Step:
    return replace(step, due_at=due_at, changes=False)
