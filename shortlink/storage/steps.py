"""Operations on the store apart from how it is asked: one text for a thread that waits and for an event loop.

An operation is a generator that yields commands, is sent their answers, and returns its result. A line performs it:
`Line` on the calling thread, `AsyncLine` among many others in one round trip.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

Command = tuple[str | int | float | bytes, ...]
Result = TypeVar("Result")
Steps = Generator[Command, Any, Result]


def pairs_of(answer: dict[str, str] | list[str]) -> dict[str, str]:
    """Read the answer to HGETALL, which comes flat or, in the newer protocol, as a map."""
    return answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
