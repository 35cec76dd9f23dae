"""A process that starts another one and then ends, as a start script does."""

from __future__ import annotations

import subprocess
import sys

_START = (
    "import os, subprocess, sys; from shortlink.lifeline import tied\n"
    "given = tied(os.environ) if sys.argv[1] == 'tied' else None\n"
    "print(subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, env=given).pid, flush=True); input()"
)


class Starter:
    """A process that starts another one and waits; `pid` is the other's."""

    def __init__(self, command: list[str], environment: dict[str, str], *, ties: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, "tied" if ties else "free", *command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.pid = int(self._process.stdout.readline())

    def leave(self) -> None:
        """End, as a script does behind its last line."""
        if self._process.poll() is None:
            self._process.communicate(b"\n")
