"""Write the log on a thread of its own: whoever takes it may be slow or stand still, and no request waits for that."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_WAITING = 10_000  # lines; more than that are lost, and counted
END_SECONDS = 1.0
log = logging.getLogger(__name__)


@contextmanager
def log_aside() -> Iterator[None]:
    """Let all this process logs go to a thread, for as long as the `with` lasts; at its end what waits is written.

    Where nobody takes the log, its newest lines are lost, how many is told when somebody does, and the end does not
    wait for it. Begin it behind a fork: a thread would not outlive one.
    """
    root = logging.getLogger()
    aside = _Aside(root.handlers)
    root.handlers = [aside]
    try:
        yield
    finally:
        root.handlers = aside.end()


class _Aside(logging.Handler):
    """Hands records to the thread; never waits."""

    def __init__(self, handlers: list[logging.Handler]) -> None:
        super().__init__()
        self._handlers = handlers
        self._records: queue.Queue[logging.LogRecord | None] = queue.Queue(MOST_WAITING)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record over as it is, its values included: a line as JSON has fields of them."""
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._lost += 1

    def end(self) -> list[logging.Handler]:
        """Have written what waits, and give the handlers back."""
        try:
            self._records.put(None, timeout=END_SECONDS)
        except queue.Full:  # nobody takes the log
            return self._handlers
        self._thread.join(END_SECONDS)
        return self._handlers

    def _write(self) -> None:
        while (record := self._records.get()) is not None:
            self._pass_on(record)
            if self._lost:
                lost, self._lost = self._lost, 0
                self._pass_on(_line("%d lines of the log are lost: nobody took them for a while", lost))

    def _pass_on(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            if record.levelno >= handler.level:
                handler.handle(record)


def _line(message: str, *values: object) -> logging.LogRecord:
    return log.makeRecord(log.name, logging.WARNING, __file__, 0, message, values, None)
