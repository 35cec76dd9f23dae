"""The due sets: what wants attention and when, and the hint that something new is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from redis.client import PubSub
from redis.exceptions import RedisError

from shortlink.domain.code import PARTITIONS
from shortlink.domain.due import Due
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.due_heads import FIRST_TIME, DueHeads
from shortlink.storage.faults import translate
from shortlink.storage.record_reader import ask_each
from shortlink.storage.scripts import Script, clock

_NAMES: dict[Due, Callable[[str], str]] = {Due.MESSAGES: keys.due_messages, Due.CALLBACKS: keys.due_callbacks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Items that are due now, and in how many ms the next one will be (None: nothing is planned)."""

    members: tuple[str, ...]
    next_ms: int | None


class Ledger:
    """All due sets of one kind at a time, over every partition."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offer = Script(store, "offer_due")
        self._rounds = count()
        self.heads = DueHeads(store)

    def offer(self, due: Due, *, again_ms: int, most: int, now: int | None = None) -> Offer:
        """Take at most `most` due items; they come back after `again_ms` unless somebody claims them.

        Half of each partition's share is for what was never offered, by turns of its accounts, and half for what is
        due again, by time; what one half does not need is the other's. The partition that begins differs from call
        to call. Each partition's take is atomic: several dispatchers never get the same item at once.
        """
        begin = next(self._rounds)
        calls: list[tuple[list[str], list[Any]]] = []
        for number in range(len(PARTITIONS)):
            partition = PARTITIONS[(begin + number) % len(PARTITIONS)]
            share = (most + len(PARTITIONS) - 1 - number) // len(PARTITIONS)
            new = (share + begin // len(PARTITIONS) % 2) // 2
            calls.append(([_NAMES[due](partition)], [clock(now), again_ms, share, new]))
        members: list[str] = []
        waits: list[int] = []
        for answer in self._offer.call_many(calls):
            waits.append(int(answer[0]))
            members += answer[1:]
        planned = [wait for wait in waits if wait >= 0]
        return Offer(members=tuple(members), next_ms=min(planned, default=None))

    def depth(self, due: Due) -> int:
        """Count what is owed, due now or later."""
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.zcard(_NAMES[due](partition))
        return sum(pipe.execute())

    def first_due_at(self, due: Due) -> int | None:
        """Say for when the first item is planned, in UTC milliseconds; None when nothing is owed.

        A message that waits for its turn counts from when it was accepted.
        """
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.zrange(_NAMES[due](partition), 0, 0, withscores=True)
            pipe.zrangebyscore(_NAMES[due](partition), FIRST_TIME, "+inf", 0, 1, withscores=True)
        first = {str(member): int(score) for found in pipe.execute() for member, score in found}
        times = [score for score in first.values() if score >= FIRST_TIME]
        return min(
            times + self._accepted_at([code for code, score in first.items() if score < FIRST_TIME]), default=None
        )

    def _accepted_at(self, codes: list[str]) -> list[int]:
        answers = ask_each(self._store, [("HGET", keys.record(code), "A") for code in codes])
        # A damaged record is told by whoever works on it.
        return [int(at) for at in answers if isinstance(at, str) and at.isdecimal()]

    def hints(self) -> AbstractContextManager[Callable[[float], set[Due]]]:
        """Listen for wake hints: gives a function that waits up to so many seconds and says what woke it.

        A lost hint costs the caller's own patience, nothing else: the due sets hold the truth.
        """
        return _hints(self._store)


@contextmanager
def _hints(store: Store) -> Iterator[Callable[[float], set[Due]]]:
    try:
        with store.pubsub(ignore_subscribe_messages=True) as listener:  # type: ignore[no-untyped-call]
            listener.subscribe(keys.WAKE_CHANNEL)
            yield lambda seconds: _listen(listener, seconds)
    except RedisError as error:
        raise translate(error) from error


def _listen(listener: PubSub, seconds: float) -> set[Due]:
    woken: set[Due] = set()
    message = listener.get_message(timeout=seconds)
    while message is not None:
        woken.add(Due(message["data"]))
        message = listener.get_message(timeout=0)
    return woken
