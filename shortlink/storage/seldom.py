"""What is met all the time and told seldom."""

from __future__ import annotations

AGAIN_SECONDS = 3600  # what is met all the time is told this often
MOST = 100  # that are remembered


class Seldom:
    """Says of each name whether it is its turn, once an hour; from any thread."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def is_due(self, name: str, now: float) -> bool:
        """Say whether a name's last turn was an hour before `now` (seconds), or longer; then this is its turn."""
        if now - self._last.get(name, float("-inf")) < AGAIN_SECONDS:
            return False
        if len(self._last) >= MOST:
            self._last.clear()
        self._last[name] = now
        return True
