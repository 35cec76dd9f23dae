"""The message store: add messages, each once, and read one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import IdempotencyMismatch, NotFound, StoreUnavailable
from shortlink.domain.message import Message
from shortlink.domain.message_id import kept_tail, split_message_id
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record import pack_message, unpack_message
from shortlink.storage.record_reader import read_record
from shortlink.storage.scripts import Script, clock
from shortlink.storage.steps import Result, Steps
from shortlink.storage.store_clock import StoreClock

IDEMPOTENCY_MS = DAY_MS
ACCEPT_WITHIN_MS = 1500  # less than a door waits for the store: what it has given up is never accepted afterwards
_TRIES = 4
_OTHER_REQUEST = "this Idempotency-Key was used with another request"


class CodeTaken(Exception):
    """The drawn code belongs to another message: draw again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's word for one request: `digest` of account and key, `fingerprint` of the request's content."""

    partition: str
    digest: str
    fingerprint: str


class MessageStore:
    """The messages of all accounts. Times are UTC milliseconds; `now=None` is the store's own clock."""

    def __init__(self, store: Store, *, link_ms: int, record_ms: int) -> None:
        self._store = store
        self._clock = StoreClock()
        self._link_ms = link_ms
        self._record_ms = record_ms
        self._accept = Script(store, "accept_message")

    def add(
        self,
        message: Message,
        *,
        link_start: int | None,
        today: int,
        idempotency: IdempotencyKey | None = None,
        now: int | None = None,
    ) -> str:
        """Put a message into the ledger and return its id, or the id under which the same request was kept before.

        `today` is the UTC day since 1970 as the caller sees it. Raises CodeTaken; IdempotencyMismatch when the key
        came with another request; StoreUnavailable, after which a store that hung does not accept it later on.
        All or nothing; a repeat of the same call changes nothing.
        """
        steps = self.add_steps(message, link_start=link_start, today=today, idempotency=idempotency, now=now)
        return self.perform(steps)

    def add_steps(
        self,
        message: Message,
        *,
        link_start: int | None,
        today: int,
        idempotency: IdempotencyKey | None = None,
        now: int | None = None,
    ) -> Steps[str]:
        """Put a message into the ledger as `add` does, on any line."""
        for _ in range(_TRIES):  # a day can end while the store hangs, and a clock can be set
            answer = yield from self._add(message, link_start, today, idempotency, now)
            match answer[0]:
                case "ok":
                    return message.id
                case "replay":
                    return str(answer[1])
                case "taken":
                    raise CodeTaken(message.code)
                case "mismatch":
                    raise IdempotencyMismatch(_OTHER_REQUEST)
                case "day":
                    today = int(answer[1])
                case "late":
                    yield from self._clock.learn()
        raise StoreUnavailable("the store took too long")

    def _add(
        self, message: Message, link_start: int | None, day: int, idempotency: IdempotencyKey | None, now: int | None
    ) -> Steps[list[str]]:
        partition = partition_of(message.code)
        _, tail = split_message_id(message.id) or ("", "")
        kept = kept_tail(message.code, tail)
        names = [
            keys.record(message.code),
            keys.due_messages(partition),
            keys.day_list(partition, message.account, day),
            keys.events(partition),
            keys.turns(partition),
        ]
        if idempotency is not None:
            names.append(keys.idempotency(idempotency.partition, idempotency.digest))
        fingerprint = idempotency.fingerprint if idempotency else ""
        life = self._link_ms if message.link is not None else 0
        if not self._clock.is_known:
            yield from self._clock.learn()
        args = [clock(now), message.id, kept, message.code, day, self._record_ms, life]
        args += [
            fingerprint,
            IDEMPOTENCY_MS,
            self._clock.now() + ACCEPT_WITHIN_MS,
            message.account,
            *pack_message(message, link_start=link_start),
        ]
        answer: list[str] = yield from self._accept.steps(names, args)
        return answer

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation on the calling thread."""
        return self._store.line.perform(steps)

    def perform_many(self, operations: Sequence[Steps[Result]]) -> list[Result | Exception]:
        """Run operations side by side on the calling thread; each ends with a result or an error."""
        return self._store.line.perform_many(operations)

    def knows_steps(self, partition: str, digest: str) -> Steps[bool]:
        """Say whether anything was accepted under an idempotency key, be it the same request or another."""
        found = yield ("EXISTS", keys.idempotency(partition, digest))
        return bool(found)

    def find_replay(self, idempotency: IdempotencyKey) -> Steps[str | None]:
        """Find the message that was accepted under a key, if any. Raises IdempotencyMismatch."""
        known = yield ("GET", keys.idempotency(idempotency.partition, idempotency.digest))
        if known is None:
            return None
        fingerprint, identifier = str(known).split(" ")
        if fingerprint != idempotency.fingerprint:
            raise IdempotencyMismatch(_OTHER_REQUEST)
        return identifier

    def get(self, identifier: str) -> Message:
        """Read one message. Raises NotFound and RecordUnreadable."""
        split = split_message_id(identifier)
        message = read_record(self._store, split[0], unpack_message) if split else None
        if message is None or message.id != identifier:
            raise NotFound("no such message")
        return message
