"""What keeping house needs of the store: whose turn it is, what is done already, old events, the store's own log."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import ResponseError

from shortlink.storage import keys
from shortlink.storage.connection import Store


class HousekeepingStore:
    """Small steps, each of which the store answers at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take_turn(self, *, seconds: int) -> bool:
        """Take the turn to keep house for so long; False when somebody had it within that time."""
        return bool(self._store.set(keys.HOUSEKEEPING, "1", nx=True, ex=seconds))

    def give_turn_back(self) -> None:
        """Let the next who asks have the turn, because this one came to nothing."""
        self._store.delete(keys.HOUSEKEEPING)

    def now(self) -> int:
        """Read the store's clock, in UTC milliseconds."""
        return self._store.now()

    def trim_events(self, partition: str, *, before: int) -> int:
        """Remove events older than a time in ms, at most some ten thousand; say how many went.

        Whole nodes of the stream only, so that about a hundred old events may stay.
        """
        return self._store.xtrim(keys.events(partition), minid=before, approximate=True)

    def archived(self) -> dict[str, int]:
        """Say up to which time in ms each partition's events are archived; empty when there never was a recorder."""
        found: dict[str, str] = self._store.read_hash(keys.ARCHIVED)
        return {partition: int(identifier.partition("-")[0]) for partition, identifier in found.items()}

    def days_done(self, sid: str, days: Sequence[int]) -> set[int]:
        """Say of which days (since 1970) an account's texts have been blanked."""
        names = [keys.blanked_up_to(sid), *(keys.texts_blanked(sid, day) for day in days)]
        up_to, *marks = self._store.mget(names)
        last = -1 if up_to is None else int(up_to)
        return {day for day, mark in zip(days, marks, strict=True) if mark is not None or day <= last}

    def mark_done(self, sid: str, day: int, *, with_all_before: bool, seconds: int) -> None:
        """Remember for so long that a day's texts have been blanked; with all before it, one key says so for all."""
        if with_all_before:
            self._store.set(keys.blanked_up_to(sid), day, ex=seconds)
        else:
            self._store.set(keys.texts_blanked(sid, day), "1", ex=seconds)

    def begin_rewrite(self) -> bool:
        """Ask the store to write its append-only file anew, without what was overwritten; False when it refuses."""
        try:
            self._store.bgrewriteaof()
        except ResponseError:  # not allowed, as on many hosted servers
            return False
        return True

    def log_state(self) -> tuple[bool, bool]:
        """Say whether the store keeps an append-only file, and whether it is being written anew.

        A store that does not tell is taken for one that keeps a file.
        """
        try:
            facts = self._store.info("persistence")
        except ResponseError:
            return True, False
        return bool(facts["aof_enabled"]), bool(facts["aof_rewrite_in_progress"] or facts["aof_rewrite_scheduled"])
