"""An operation on the store that is performed without a task, which costs three times as much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from shortlink.storage.steps import Command, Result, Steps

Done = Callable[[Result | None, Exception | None], None]  # is given what came of an operation, or what it raised


class Asks(Protocol):
    """Whom an operation hands its commands to."""

    def ask(self, command: Command, take: Callable[[Any], None]) -> None:
        """Send a command, and give its answer, or the error instead of it, to `take`."""


class AsyncOperation:
    """Steps under way: each answer takes them on to their next command, and their end is told to `done`."""

    __slots__ = ("_done", "_line", "_steps")

    def __init__(self, line: Asks, steps: Steps[Result], done: Done[Result]) -> None:
        self._line, self._steps, self._done = line, steps, done

    def take(self, answer: Any) -> None:
        """Go on with an answer, or with the error instead of it; None begins."""
        try:
            command = self._steps.throw(answer) if isinstance(answer, Exception) else self._steps.send(answer)
        except StopIteration as end:
            self._done(end.value, None)
        except Exception as error:  # noqa: BLE001, whoever began it is told
            self._done(None, error)
        else:
            self._line.ask(command, self.take)
