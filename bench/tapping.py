"""Many taps: by wrk where it is installed, which asks faster than Python can, else by the bench's own generator."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median

from bench.agents import mixed_agents, write_agents
from bench.load import ClosedLoad, LoadGenerator
from bench.port import HOST
from bench.program import Broken
from bench.traffic import tap_on
from shortlink.lifeline import die_with_parent

CONNECTIONS = 64
FOR_EVER = "600s"
PATIENCE_SECONDS = 30.0
_SCRIPT = Path(__file__).with_name("taps.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """What a slice of taps found."""

    answers: int  # redirects
    refused: int  # answered otherwise, such as 503
    seconds: float
    p50_ms: float

    @property
    def rate(self) -> float:
        """Redirects a second."""
        return self.answers / self.seconds


def has_wrk() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


class Tapper:
    """Taps a list of links over and over, by a mix of agents; use it as long as its folder is there."""

    def __init__(self, load: LoadGenerator, folder: Path, codes: Sequence[str]) -> None:
        self._load = load
        self._codes = codes
        self.file = folder / f"codes-{len(codes)}-{time.monotonic_ns()}"
        self.file.write_text("\n".join(codes))
        self.agents = write_agents(folder)

    def tap(self, port: int, *, seconds: float, fresh: bool = False) -> Taps:
        """Tap for a while on 64 connections, or on a fresh connection each. Raises Broken and BadAnswer."""
        if has_wrk():
            return self._with_wrk(port, seconds, fresh=fresh)
        if fresh:
            raise Broken("fresh connections are only measured with wrk, which is not installed")
        load = ClosedLoad(
            port=port,
            requests=[tap_on(code, agent) for code, agent in zip(self._codes, cycle(mixed_agents()), strict=False)],
            expected=302,
            turned_away=503,
            connections=CONNECTIONS,
            seconds=seconds,
        )
        found = self._load.run(load)
        return Taps(
            answers=found.answers,
            refused=len(found.turned_away),
            seconds=found.seconds,
            p50_ms=median(found.answer_ms or [0.0]),
        )

    def _with_wrk(self, port: int, seconds: float, *, fresh: bool) -> Taps:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{FOR_EVER}", "-s", str(_SCRIPT)]
        command += ["-H", "Connection: close"] if fresh else []
        command += [f"http://{HOST}:{port}", "--", str(self.file), str(self.agents)]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_begin,  # noqa: PLW1509  # takes no lock
        )
        try:
            while (line := process.stdout.readline() if process.stdout else "") and line != "ready\n":
                pass
            time.sleep(seconds)  # it knows whole seconds only, and stops when it is asked to
            told = _stop(process)
        finally:
            process.kill()  # whatever came in between: left alone, it would tap for ten minutes
            process.wait()
        try:
            found = json.loads(told.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise Broken(f"wrk said: {told[-500:]}") from None
        if found["broken"]:
            raise Broken(f"{found['broken']} connections broke")
        return Taps(
            answers=found["requests"] - found["refused"],
            refused=found["refused"],
            seconds=found["seconds"],
            p50_ms=found["p50_ms"],
        )


def _begin() -> None:
    """Have wrk end with the bench, and not die of a Ctrl-C that it does not listen to yet."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop(process: subprocess.Popen[str]) -> str:
    """Ask wrk to stop until it does, and return what it says; early on it does not hear. Raises Broken."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        try:
            told, _ = process.communicate(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        return str(told)
    raise Broken("wrk did not stop")
