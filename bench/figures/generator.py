"""The load generator's own ceiling: every other rate must stay well below it to mean anything."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.load import ClosedLoad
from bench.port import answers, free_ports
from bench.program import Program
from bench.run import Finding, Measure, Run
from bench.traffic import EMPTY


def measure(run: Run) -> Finding:
    """Ask a server that does nothing."""
    (port,) = free_ports(1)
    command = (sys.executable, "-m", "bench.trivial_server", str(port))
    with tempfile.TemporaryDirectory() as path:
        program = Program("trivial server", command, os.environ, Path(path) / "log")
        try:
            program.wait_until(lambda: answers(port, "/"))
            asked = ClosedLoad(port=port, requests=[EMPTY], expected=200, seconds=run.scale.slice_seconds)
            result = run.load.run(asked)
        finally:
            program.stop()
    ceiling = Measure(name="load generator's ceiling (trivial server)", value=result.rate, unit="/s")
    return Finding(measures=[ceiling], details={"generator_busy": round(result.busy, 2)})
