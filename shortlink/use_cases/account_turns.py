"""Whose message is next when few go out: turns over all partitions, where those of the due sets are each one's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from shortlink.storage.due_heads import DueHead


class AccountTurns:
    """Gives every account its turn, one message each; who had nothing waiting comes first in the round under way.

    Belongs to one dispatcher; what another offers counts for its own turns.
    """

    def __init__(self) -> None:
        self._round = 0
        self._last: dict[str, int] = {}  # the round in which an account had its last turn, of those who had it lately
        self._new_before_again = False

    def pick(self, heads: Sequence[DueHead], most: int) -> list[DueHead]:
        """Choose at most so many: half by turn, half by time; what one half does not need is the other's."""
        new = sorted((head for head in heads if head.is_new), key=lambda head: head.accepted_at)
        again = sorted((head for head in heads if not head.is_new), key=lambda head: head.score)
        self._new_before_again = not self._new_before_again  # an odd one out is each half's in turn
        half = (most + self._new_before_again) // 2
        chosen = self._by_turn(new, max(half, most - len(again)))
        return chosen + again[: most - len(chosen)]

    def _by_turn(self, heads: Sequence[DueHead], most: int) -> list[DueHead]:
        waiting: dict[str, deque[DueHead]] = {}
        for head in heads:
            waiting.setdefault(head.account, deque()).append(head)
        line = [(self._next_round(account), own[0].accepted_at, account) for account, own in waiting.items()]
        heapify(line)
        chosen: list[DueHead] = []
        while line and len(chosen) < most:
            self._round, _, account = heappop(line)
            self._last[account] = self._round
            chosen.append(waiting[account].popleft())
            if waiting[account]:
                heappush(line, (self._round + 1, waiting[account][0].accepted_at, account))
        self._last = {account: last for account, last in self._last.items() if last >= self._round}
        return chosen

    def _next_round(self, account: str) -> int:
        return max(self._round, self._last.get(account, -1) + 1)
