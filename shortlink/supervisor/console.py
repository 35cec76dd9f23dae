"""What a person sees of the processes: their lines, each behind its process's name, and the supervisor's remarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

_COLOURS = (36, 32, 35, 34, 33, 96, 92, 95)
_LONGEST_LINE = 64 * 1024


class Console:
    """Writes whole lines to one stream; colours names only when asked to."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._colours: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        """Write one line of a process."""
        label = f"{name:<10} |"
        if self._colour:
            code = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            label = f"\033[{code}m{label}\033[0m"
        # A closed terminal must not end the processes in the middle of their work.
        with suppress(OSError, ValueError):
            self._stream.write(f"{label} {text}\n")
            self._stream.flush()

    def remark(self, text: str) -> None:
        """Write what the supervisor itself has to say."""
        for part in text.splitlines():
            self.line("shortlink", f"{time.strftime('%H:%M:%S')} {part}")


class LineSplitter:
    """Cuts a stream of bytes into lines; what has no end for 64 KiB is cut there."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Hand over every line that is complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._take(line.decode(errors="replace").rstrip("\r"))

    def finish(self) -> None:
        """Hand over a last line without an end."""
        if self._rest:
            self._take(self._rest.decode(errors="replace"))
            self._rest = b""
