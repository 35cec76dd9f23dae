"""Who stands first among the due messages of every partition, and whose message that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record_numbers import read_number
from shortlink.storage.record_reader import ask_each
from shortlink.storage.scripts import Script, clock

FIRST_TIME = 10**12  # whatever is below is a turn, see docs/internals/store.md#turns
LOOK_AT = 16  # in each partition, of those never offered and of those due again


@dataclass(frozen=True, slots=True)
class DueHead:
    """A message near the head of its partition's due set. A damaged record names no account and no time."""

    code: str
    score: float
    account: str
    accepted_at: int

    @property
    def is_new(self) -> bool:
        """Whether it was never offered, so that its score is a turn and no time."""
        return self.score < FIRST_TIME


class DueHeads:
    """The messages that are next, over every partition, to choose among them.

    Whose each is gets read once: most of them are seen again at the next look.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._look = Script(store, "due_heads")
        self._take = Script(store, "take_heads")
        self._known: dict[str, tuple[str, int]] = {}

    def look(self, *, now: int | None = None) -> tuple[list[DueHead], int | None]:
        """List those that are due now, and say in how many ms another will be (None: none was seen)."""
        calls = [([keys.due_messages(partition)], [clock(now), LOOK_AT]) for partition in PARTITIONS]
        scores: dict[str, float] = {}
        waits: list[int] = []
        for answer in self._look.call_many(calls):
            waits.append(int(answer[0]))
            scores |= zip(answer[1::2], map(float, answer[2::2]), strict=True)
        self._learn(scores)
        heads = [DueHead(code, score, *self._known[code]) for code, score in scores.items()]
        return heads, min((wait for wait in waits if wait >= 0), default=None)

    def take(self, heads: Sequence[DueHead], *, again_ms: int, now: int | None = None) -> list[str]:
        """Take these, in their order, as an offer does; those that another dispatcher took meanwhile are left out."""
        chosen: dict[str, list[DueHead]] = {}
        for head in heads:
            chosen.setdefault(partition_of(head.code), []).append(head)
        answers = self._take.call_many(
            [
                ([keys.due_messages(partition)], [clock(now), again_ms, *_pairs(some)])
                for partition, some in chosen.items()
            ]
        )
        taken = {code for codes in answers for code in codes}
        return [head.code for head in heads if head.code in taken]

    def _learn(self, codes: Iterable[str]) -> None:
        """Know of each of these whose it is and since when it waits, and forget all others."""
        known = {code: self._known.get(code) for code in codes}
        unknown = [code for code, facts in known.items() if facts is None]
        answers = ask_each(self._store, [("HMGET", keys.record(code), "a", "A") for code in unknown])
        read = {code: _facts(answer) for code, answer in zip(unknown, answers, strict=True)}
        self._known = {code: facts or read[code] for code, facts in known.items()}


def _facts(answer: object) -> tuple[str, int]:
    """Take account and time out of what was read; a damaged record is told by whoever works on it."""
    account, accepted_at = answer if isinstance(answer, list) else (None, None)
    try:
        at = read_number(accepted_at or "")
    except ValueError:
        at = 0
    return account or "", at


def _pairs(heads: Sequence[DueHead]) -> list[str | float]:
    return [value for head in heads for value in (head.code, head.score)]
