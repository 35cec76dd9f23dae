"""T12: twenty accept and twenty work, over two dispatchers: everything is claimed, once, and nobody is left out."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.serializers import JSONSerializer

from shortlink.domain.due import Due
from shortlink.outbox import AllowedJob, Outbox, connect_queue, open_queue
from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.audit_store import audit_store
from tests.chaos.rig.lone_store import lone_store
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.service import wait_for
from tests.factories import link_start, make_message, open_messages
from tests.worker.dispatching import dispatching

PRODUCERS = CONSUMERS = 20
LEASE_MS = 600_000  # what was claimed stays with whoever did
DONE_SECONDS = 60.0


def run(*, seed: int, each: int) -> Outcome:
    """Accept so many messages on each of twenty threads, while twenty others claim what two dispatchers offer."""
    outcome, accepted = Outcome(test="T12 queue fan-out", seed=seed), list[str]()
    with tempfile.TemporaryDirectory(prefix="sl-") as folder, lone_store(Path(folder)) as store:
        consumers = [_Consumer(store.url) for _ in range(CONSUMERS)]
        first, second = (Outbox(connect_queue(store.url)) for _ in range(2))
        with _all_at_work(consumers), dispatching(store.url, first), dispatching(store.url, second):
            producers = [threading.Thread(target=_accept, args=(store.url, each, accepted)) for _ in range(PRODUCERS)]
            for thread in producers:
                thread.start()
            took = wait_for(
                lambda: sum(len(one.claimed) for one in consumers) >= each * PRODUCERS, seconds=DONE_SECONDS
            )
        breaches = {f"{one.invariant} {one.subject} {one.seen}" for one in audit_store(Inspector(connect(store.url)))}
    outcome.at_most("seconds until all was claimed", took or 1e9, DONE_SECONDS)
    claimed = Counter(code for one in consumers for code in one.claimed)
    shares = sorted(len(one.claimed) for one in consumers)
    outcome.none_of("accepted messages that nobody claimed", set(accepted) - set(claimed))
    outcome.none_of("messages claimed twice", {code for code, times in claimed.items() if times > 1})
    outcome.none_of("messages claimed that nobody accepted", set(claimed) - set(accepted))
    least = each * PRODUCERS // CONSUMERS // 10
    outcome.none_of("workers that got less than a tenth of their share", {str(one) for one in shares if one < least})
    outcome.none_of("breaches of an invariant", breaches)
    outcome.note("size", f"{len(accepted):,} messages; a worker got {shares[0]} at least, {shares[-1]} at most")
    return outcome


class _Consumer:
    """Takes jobs as a worker does, and claims what they name."""

    def __init__(self, url: str) -> None:
        self.claimed: list[str] = []
        self._connection = connect_queue(url)
        self._queue = open_queue(Due.MESSAGES, self._connection)
        self._sendings = SendingStore(connect(url))

    def work_until(self, done: threading.Event) -> None:
        """Take jobs for as long as it is not done."""
        while not done.is_set():
            for code in self._next_codes():
                if self._sendings.claim(code, lease_ms=LEASE_MS, first_look_ms=LEASE_MS):
                    self.claimed.append(code)

    def _next_codes(self) -> Sequence[str]:
        try:
            found = Queue.dequeue_any(
                [self._queue], 1, connection=self._connection, job_class=AllowedJob, serializer=JSONSerializer
            )
        except DequeueTimeout:
            return ()
        return list(found[0].args[0]) if found else ()


@contextmanager
def _all_at_work(consumers: Sequence[_Consumer]) -> Iterator[None]:
    done = threading.Event()
    crew = [threading.Thread(target=one.work_until, args=(done,), daemon=True) for one in consumers]
    for thread in crew:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in crew:
            thread.join(10)


def _accept(url: str, count: int, accepted: list[str]) -> None:
    messages = open_messages(connect(url))
    for _ in range(count):
        message = make_message()
        messages.add(message, link_start=link_start(message), today=0)
        accepted.append(message.code)


@pytest.mark.timeout(90)
def test_what_twenty_accept_at_once_is_claimed_once_by_twenty_who_all_get_some() -> None:
    outcome = run(seed=12, each=50)
    print(outcome.table())
    assert outcome.broken == []
