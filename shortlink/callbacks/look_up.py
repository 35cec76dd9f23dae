"""Look up the addresses of a name."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any

from shortlink.callbacks.deadline import Deadline

Answers = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]  # as getaddrinfo gives them


def look_up(deadline: Deadline, *query: Any) -> Answers:
    """Ask `socket.getaddrinfo`, but no longer than the deadline allows.

    The system's look-up takes no time limit and cannot be stopped: it runs in a thread of its own, which is
    left alone when time is up and ends when the system's resolver gives up, usually within half a minute.
    Raises socket.gaierror, also when time is up.
    """
    flags = query[-1]
    if flags & socket.AI_NUMERICHOST:
        return socket.getaddrinfo(*query)
    answer: Future[Answers] = Future()
    Thread(target=_ask, args=(answer, query), name="callback-dns", daemon=True).start()
    try:
        return answer.result(timeout=deadline.remaining())
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None


def _ask(answer: Future[Answers], query: tuple[Any, ...]) -> None:
    try:
        answer.set_result(socket.getaddrinfo(*query))
    except Exception as failure:  # noqa: BLE001 - raised again in the thread that waits for the answer
        answer.set_exception(failure)
