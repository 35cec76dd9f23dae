"""Audit a live store: check every invariant of the ledger without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import islice

from shortlink.domain.invariants import Bounds, Finding, check
from shortlink.storage.inspected import DueEntry
from shortlink.storage.inspection import Inspector, names_message
from shortlink.use_cases.audit_log import audit_log, may_have_ended

PAGE = 200


def audit_store(
    inspector: Inspector,
    *,
    bounds: Bounds | None = None,
    now: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Finding]:
    """Yield every breach found, each once; `progress` is told the number of messages looked at so far.

    Safe on a live store: each message is read at one instant, and what is compared with it was read before. Without
    bounds, nothing is said of due times that are too far ahead, nor of messages that only the log still names.
    `now` is for tests with a clock of their own.
    """
    told: set[Finding] = set()
    for walk in (
        _messages(inspector, bounds, now, progress),
        _due_entries(inspector, bounds, now),
        _day_lists(inspector, bounds),
        _idempotency_keys(inspector),
        audit_log(inspector, bounds),
        _lasting_keys(inspector),
    ):
        for finding in walk:
            if finding not in told:
                told.add(finding)
                yield finding


def _messages(
    inspector: Inspector, bounds: Bounds | None, now: int | None, progress: Callable[[int], None]
) -> Iterator[Finding]:
    checked = 0
    for page in inspector.pages(PAGE):
        yield from _check(inspector, page, bounds, now)
        checked += len(page)
        progress(checked)


def _check(inspector: Inspector, codes: Collection[str], bounds: Bounds | None, now: int | None) -> Iterator[Finding]:
    """Check some messages; what is found is looked at once more and told if it is still so."""
    for snapshot in inspector.look_at(list(codes), now=now):
        if found := {finding.invariant for finding in check(snapshot, bounds)}:
            again = check(inspector.look(snapshot.code, now=now), bounds)
            yield from (finding for finding in again if finding.invariant in found)


def _due_entries(inspector: Inspector, bounds: Bounds | None, now: int | None) -> Iterator[Finding]:
    entries = inspector.due_entries()
    while page := list(islice(entries, PAGE)):
        for entry in page:
            if (seen := _strange(entry)) and inspector.is_there(entry):
                yield seen
        codes = list(dict.fromkeys(entry.code for entry in page if _strange(entry) is None))
        there = inspector.gists(codes)  # those have been checked among the messages
        yield from _check(inspector, [code for code in codes if code not in there], bounds, now)


def _strange(entry: DueEntry) -> Finding | None:
    """Say what is wrong with a due entry by itself, if anything."""
    if not entry.is_of_a_kind:
        return Finding(invariant="I16", subject=entry.member, seen="a due entry of no kind there is")
    if not entry.is_at_home:
        seen = f"a due entry in partition {entry.partition}, where it does not belong"
        return Finding(invariant="I2", subject=entry.member, seen=seen)
    return None


def _day_lists(inspector: Inspector, bounds: Bounds | None) -> Iterator[Finding]:
    now = inspector.now()
    for page in inspector.listed():
        lasting: list[str] = []
        for one in page:
            if one.accepted_at is None:
                yield Finding(invariant="I18", subject=one.day_list, seen="a day's list holds what names no message")
            elif not may_have_ended(one.accepted_at, now, bounds):
                lasting.append(one.code)
        there = inspector.gists(lasting)
        for code in lasting:
            if code not in there:
                yield Finding(invariant="I1", subject=code, seen="its account's day lists it, its record is not there")


def _idempotency_keys(inspector: Inspector) -> Iterator[Finding]:
    for page in inspector.idempotency_keys():
        named = {name: names_message(value) for name, value in page.items()}
        there = inspector.gists([one[0] for one in named.values() if one])
        for name, one in named.items():
            if one is None:
                yield Finding(invariant="I5", subject=name, seen="an idempotency key that holds no message id")
            elif one[0] not in there or there[one[0]].tail != one[1]:
                yield Finding(invariant="I5", subject=name, seen="an idempotency key of a message that is not there")


def _lasting_keys(inspector: Inspector) -> Iterator[Finding]:
    for key in inspector.keys_without_end():
        yield Finding(invariant="I16", subject=key, seen="a key without an end that nothing leads to")
