"""The link store: follow a short link and keep the hit."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from shortlink.domain.click import Judgement
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.errors import NotFound, RecordUnreadable, StoreUnavailable
from shortlink.domain.link import CLICK_TIMES_KEPT, SwitchedBy
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record_reader import NO_TEXT, noting_damage
from shortlink.storage.scripts import Script
from shortlink.storage.steps import Command, Result, Steps
from shortlink.storage.store_clock import StoreClock

_Call = Callable[..., tuple[list[str], list[Any]]]
FOLLOW_WITHIN_MS = 250  # much longer than a door waits for the store, and much shorter than a store is away


class Standing(StrEnum):
    """Whether a short link leads anywhere."""

    LIVE = "ok"
    GONE = "gone"  # expired or switched off
    UNKNOWN = "unknown"


class Followed(NamedTuple):
    """What following a link found; `link` as the customer wrote it, when live."""

    standing: Standing
    link: str | None = None


# Made once: what a tap does not make anew is not paid for by each.
_STANDINGS = {standing.value: standing for standing in Standing}
_SHARED = {
    partition: (keys.due_callbacks(partition), keys.events(partition), keys.closed_accounts(partition))
    for partition in PARTITIONS
}


def live_link(answer: Any) -> str | None:
    """Read the link out of an answer to `LinkStore.follow_command`; None where that says anything but a live one."""
    if type(answer) is list and answer[0] == "ok" and (answer[1].isascii() or _is_text(answer[1])):
        return answer[1]  # type: ignore[no-any-return]
    return None


def _is_text(link: str) -> bool:
    try:
        link.encode()
    except UnicodeEncodeError:  # an event loop's line reads what is no text all the same
        return False
    return True


def _followed(code: str, answer: list[str]) -> Followed:
    """Read what the script says of a link. Raises RecordUnreadable."""
    if answer[0] == "damaged":
        raise RecordUnreadable(code, answer[1])
    link = answer[1] if len(answer) > 1 else None
    if link is not None and not _is_text(link):
        raise RecordUnreadable(code, NO_TEXT)
    return Followed(standing=_STANDINGS[answer[0]], link=link)


class LinkStore:
    """Short links by their code."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._clock = StoreClock()
        self._follow = Script(store, "follow_link")
        self._switch = Script(store, "switch_link")

    def follow(
        self, code: str, judgement: Judgement, *, spends: bool, callback_ms: int, now: int | None = None
    ) -> Followed:
        """Find a link and keep the hit in one step; the first hit that spends makes the callback due.

        Raises StoreUnavailable, after which a store that hung does not keep the hit later on, and RecordUnreadable,
        which is noted.
        """
        past = () if now is None else (now, 0)
        return self.perform(self._ask(code, partial(self._call, code, judgement, spends, callback_ms, *past), None))

    def keep_answered(
        self, code: str, judgement: Judgement, *, spends: bool, callback_ms: int, at: int, until: int = 0
    ) -> bool:
        """Keep a hit that was answered at `at` while the store was away, even if its link is gone meanwhile.

        Unless the store kept it after all, later than its door waited: `until`, from `last_moment`, tells. False when
        there is no such link any more. An earlier click than the stored first one takes its place, unless a try of
        the callback was claimed by then. Raises StoreUnavailable, and RecordUnreadable, which is noted.
        """
        past = (at, 1, until) if until else (at, 1)
        steps = self._ask(code, partial(self._call, code, judgement, spends, callback_ms, *past), None)
        return self.perform(steps).standing is not Standing.UNKNOWN

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation on the calling thread. Raises what it raises."""
        return self._store.line.perform(steps)

    def last_moment(self) -> int:
        """Say until when a hit of now may be carried out, in UTC milliseconds of the store; the hit is known by it."""
        return self._clock.now() + FOLLOW_WITHIN_MS

    def now(self) -> int:
        """Estimate the store's time without asking it, for what happens while it is away."""
        return self._clock.now()

    def follow_steps(
        self, code: str, judgement: Judgement, *, spends: bool, callback_ms: int, until: int
    ) -> Steps[Followed]:
        """Follow a link as `follow` does, on any line, and until a `last_moment`."""
        return self._ask(code, partial(self._call, code, judgement, spends, callback_ms), until)

    def follow_command(
        self, code: str, judgement: Judgement, *, spends: bool, callback_ms: int, until: int
    ) -> Command | None:
        """Write the command that `follow_steps` begins with for a hit of now; None while it has to learn the time."""
        if not self._clock.is_known:
            return None
        return self._follow.command(*self._call(code, judgement, spends, callback_ms, until=until))

    def _ask(self, code: str, call: _Call, until: int | None) -> Steps[Followed]:
        """Ask where a link leads. Raises StoreUnavailable, and RecordUnreadable, which is noted."""
        try:
            try:
                return _followed(code, (yield from self._ask_in_time(call, until)))
            except UnicodeDecodeError:
                raise RecordUnreadable(code, NO_TEXT) from None
        except RecordUnreadable as damage:
            yield from self._store.unreadable.note_steps(damage)
            raise

    def _ask_in_time(self, call: _Call, until: int | None) -> Steps[list[str]]:
        """Call the script until it is in time, twice at most. Raises StoreUnavailable."""
        if not self._clock.is_known:
            yield from self._clock.learn()
            until = None
        answer: list[str] = yield from self._follow.steps(*call(until=until or self.last_moment()))
        if answer[0] == "late":  # either the store hung, or one of the clocks was set
            yield from self._clock.learn()
            answer = yield from self._follow.steps(*call(until=self.last_moment()))
        if answer[0] == "late":
            raise StoreUnavailable("the store took too long")
        return answer

    def _call(
        self, code: str, judgement: Judgement, spends: bool, callback_ms: int, *past: int, until: int
    ) -> tuple[list[str], list[Any]]:
        """Give the script its keys and arguments."""
        partition = partition_of(code)
        args = [judgement.verdict, judgement.rule, int(spends), code, CLICK_TIMES_KEPT, callback_ms, until, *past]
        return [keys.record_in(partition, code), *_SHARED[partition]], args

    def switch(self, code: str, *, on: bool, by: SwitchedBy) -> None:
        """Switch one link off or on again; the next tap sees it, also in a store that is full.

        A change is noted with the door that it came through. Whatever else of the record is damaged does not matter.
        Raises NotFound when the message is gone, RecordUnreadable when its record is no hash.
        """
        names = [keys.record(code), keys.events(partition_of(code))]
        with noting_damage(self._store, code):
            answer = self._switch(names, [int(on), code, by])
        if answer == "gone":
            raise NotFound("there is no such message any more")
