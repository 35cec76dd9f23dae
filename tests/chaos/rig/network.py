"""The network between our processes and those they need: bad lines, in a process of their own.

Beside the people, the receiver and the checker they would wait for the one processor that a Python process has.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from tests.chaos.rig.bad_line import BadLine, Trouble

STORE, CARRIER, RECEIVER = "store", "carrier", "receiver"
LINES = (STORE, CARRIER, RECEIVER)


class Network:
    """Lines to the store, the carrier and the receiver, well until told otherwise; use it as a context manager."""

    def __init__(self, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ports = self._hear()

    def address(self, line: str) -> str:
        """Name the near end of a line: a host and a port."""
        return f"127.0.0.1:{self._ports[line]}"

    def lead(self, line: str, url: str) -> None:
        """Say where a line leads."""
        parts = urlsplit(url)
        target = unquote(parts.path) if parts.scheme == "unix" else [parts.hostname, parts.port]
        self._say(line=line, target=target)

    def turn(self, line: str, trouble: Trouble) -> None:
        """Make a kind of trouble on a line, from now on."""
        self._say(line=line, trouble=asdict(trouble))

    def struck(self, line: str) -> dict[str, int]:
        """Count what has befallen connections and pieces so far."""
        return dict(self._say(line=line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)  # it ends with its input

    def _say(self, **order: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


async def _serve(seed: str) -> None:
    """Be the lines, and do what the input says until it ends; each order is answered once it is carried out."""
    lines = {name: BadLine(random.Random(f"{seed} {name}")) for name in LINES}
    print(json.dumps({name: await line.listen() for name, line in lines.items()}), flush=True)
    loop = asyncio.get_running_loop()
    while order := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(_obey(json.loads(order), lines)), flush=True)


def _obey(order: dict[str, Any], lines: dict[str, BadLine]) -> dict[str, int]:
    line, target = lines[order["line"]], order.get("target")
    if target is not None:
        line.target = target if isinstance(target, str) else tuple(target)
    if "trouble" in order:
        line.turn(Trouble(**order["trouble"]))
    return line.struck


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
