"""Opt-outs, and the messages that came in and may have asked for them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from zlib import crc32

from redis.exceptions import ResponseError

from shortlink.domain.code import PARTITIONS
from shortlink.domain.inbound import InboundMessage, inbound_id
from shortlink.domain.opt_out import OptOut, OptOutReason, Wish, number_digest
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.faults import is_wrong_type
from shortlink.storage.scripts import Script, clock
from shortlink.storage.steps import Steps

_PAGE = 500


class OptOutStore:
    """The numbers that want no messages from an account, by digest: an opt-out outlives the number's erasure.

    A number's opt-out, the messages that came from it and their events lie in one partition, which its digest names.
    """

    def __init__(self, store: Store, *, key: bytes, record_ms: int) -> None:
        self._store = store
        self._key = key
        self._record_ms = record_ms
        self._take = Script(store, "take_inbound")

    def is_out(self, sid: str, number: str) -> bool:
        """Say whether a number (E.164) has opted out of an account's messages."""
        return bool(self._store.line.perform(self.is_out_steps(sid, number)))

    def is_out_steps(self, sid: str, number: str) -> Steps[bool]:
        """Say the same, on any line."""
        digest = number_digest(number, self._key)
        return bool((yield ("HEXISTS", keys.opt_outs(_partition(digest), sid), digest)))

    def take(self, inbound: InboundMessage, sid: str, *, now: int | None = None) -> bool:
        """Keep a message that came in for an account, its opt-out and its events; False when it was kept before."""
        fields = {"a": sid, "f": inbound.sender, "r": inbound.recipient, "t": inbound.text, "S": inbound.carrier_id}
        identifier = self._name(inbound)
        return self._run(identifier, sid, inbound.sender, inbound.wish, OptOutReason.WORD, fields, now=now)

    def was_taken(self, inbound: InboundMessage) -> bool:
        """Whether a message was kept before."""
        return bool(self._store.exists(keys.inbound(self.partition_of(inbound.sender), self._name(inbound))))

    def _name(self, inbound: InboundMessage) -> str:
        return inbound_id(inbound.carrier_id, self.partition_of(inbound.sender))

    def change(self, sid: str, number: str, *, out: bool, reason: OptOutReason, now: int | None = None) -> bool:
        """Opt a number out, or in again, without a message; False when it stood like that already."""
        wish = Wish.STOP if out else Wish.START
        identifier = inbound_id(secrets.token_hex(16), self.partition_of(number))
        return self._run(identifier, sid, number, wish, reason, {"a": sid, "f": number}, now=now)

    def _run(
        self,
        identifier: str,
        sid: str,
        number: str,
        wish: Wish | None,
        reason: OptOutReason,
        fields: dict[str, str],
        *,
        now: int | None,
    ) -> bool:
        digest = number_digest(number, self._key)
        partition = _partition(digest)
        if wish is Wish.STOP:  # first the sign that there are any, or a crash in between would leave one unseen
            self._mark(sid)
        names = [keys.inbound(partition, identifier), keys.opt_outs(partition, sid), keys.events(partition)]
        packed = [part for pair in fields.items() for part in pair]
        came = "1" if "S" in fields else ""
        args = [clock(now), identifier, wish.value if wish else "", digest, reason.value, self._record_ms, came]
        return bool(self._take(names, [*args, *packed]) == "ok")

    def _mark(self, sid: str) -> None:
        """Note at the account that it has opt-outs, so that those without need no look-up."""
        name = keys.account(sid)
        try:
            if self._store.exists(name):
                self._store.hset(name, "opt_outs", "1")
        except ResponseError as error:
            if not is_wrong_type(error):  # an account that is no hash keeps nobody from opting out
                raise

    def digest(self, number: str) -> str:
        """Make the digest under which a number is kept."""
        return number_digest(number, self._key)

    def partition_of(self, number: str) -> str:
        """Name the partition in which everything about a number lies."""
        return _partition(number_digest(number, self._key))

    def list(self, sid: str) -> list[OptOut]:
        """List an account's opt-outs, oldest first."""
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.hgetall(keys.opt_outs(partition, sid))
        found = [_opt_out(digest, packed) for answer in pipe.execute() for digest, packed in answer.items()]
        return sorted(found, key=lambda one: one.at)

    def erase(self, number: str) -> int:
        """Remove a number and its texts from what came in; the opt-outs stay. Says how many messages it was."""
        partition, gone = self.partition_of(number), 0
        for name in self._inbound(partition):
            sender, carrier_id = self._store.hmget(name, "f", "S")
            if sender == number:
                self._store.hdel(name, "f", "t")
                gone += carrier_id is not None  # else an operator's note, and nothing that came in
        return gone

    def _inbound(self, partition: str) -> Iterator[str]:
        for name in self._store.scan_iter(match=keys.inbound(partition, "*"), count=_PAGE):
            yield str(name)


def _partition(digest: str) -> str:
    return PARTITIONS[crc32(digest.encode()) % len(PARTITIONS)]


def _opt_out(digest: str, packed: str) -> OptOut:
    at, reason = packed.split(" ")
    return OptOut(digest=digest, at=int(at), reason=OptOutReason(reason))
