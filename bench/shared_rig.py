"""One rig for several figures: what it costs to start is paid once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from bench.rig import Rig, open_rig


class SharedRig:
    """Give every figure of a quick run the same rig, opened for the first that asks; use it as a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._rig: Rig | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def lend(self) -> Iterator[Rig]:
        """Lend the rig, with whatever the figures before have left in it."""
        if self._rig is None:
            self._rig = self._stack.enter_context(open_rig())
        yield self._rig
