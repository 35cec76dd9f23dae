"""Run the bench: `python -m bench [--quick] [--only FIGURE] [--json FILE]`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from bench.connection import BadAnswer
from bench.figures import FIGURES, SEPARATE
from bench.load import LoadGenerator
from bench.machine import StolenTime, machine
from bench.program import Broken
from bench.report import make_room, table, write_json
from bench.rig import open_rig
from bench.run import FULL, QUICK, Finding, Run
from bench.shared_rig import SharedRig

STOPPED = 130  # as a shell says of what Ctrl-C has ended


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, write a file; 1 when something that must hold did not, 2 if it could not be measured.

    Ctrl-C ends whatever was started, and gives STOPPED.
    """
    given = _parse(arguments)
    try:
        return _measure(given)
    except KeyboardInterrupt:
        print("\nstopped; whatever ran is ended, and nothing is written", file=sys.stderr)
        return STOPPED


def _measure(given: argparse.Namespace) -> int:
    began = time.monotonic()
    about, stolen = machine(), StolenTime()
    findings: dict[str, Finding] = {}
    with LoadGenerator() as load, SharedRig() as shared:
        run = Run(
            scale=QUICK if given.quick else FULL,
            load=load,
            rig=shared.lend if given.quick else open_rig,
            say=lambda text: _say(began, text),
        )
        for name in given.only or FIGURES:
            run.say(name)
            try:
                findings[name] = (FIGURES | SEPARATE)[name](run)
            except (BadAnswer, Broken) as error:
                run.say(f"{name} could not be measured: {error}")
    seconds = time.monotonic() - began
    about["stolen_share"] = round(stolen.share(), 4)
    print(f"\n{about['cores']} cores, {about['processor']}; load before: {about['load_before']}; {seconds:.0f} s")
    print(f"Python {about['python']}; {about['stolen_share']:.1%} of the cores' time taken by the hypervisor\n")
    if given.quick:
        print("A quick run, to see that it works: its rates mean little, and so do the verdicts on them.\n")
    print(table(findings))
    write_json(given.json, findings, about=about, quick=given.quick, seconds=seconds)
    print(f"\nwritten to {given.json}")
    if len(findings) < len(given.only or FIGURES):
        return 2
    return 0 if all(check.holds for finding in findings.values() for check in finding.checks) else 1


def _say(began: float, text: str) -> None:
    print(f"[{time.monotonic() - began:5.1f} s] {text}", file=sys.stderr, flush=True)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    known = FIGURES | SEPARATE
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this service on this machine.")
    parser.add_argument(
        "--quick", action="store_true", help="some seconds, to see that it works; its rates mean little"
    )
    parser.add_argument("--only", action="append", choices=known, metavar="FIGURE", help=f"one of {', '.join(known)}")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE", help="where figures go")
    given = parser.parse_args(arguments)
    try:  # now, and not when all is measured
        make_room(given.json)
    except OSError as error:
        parser.error(f"argument --json: {given.json} cannot be written: {error.strerror}")
    return given


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # of `timeout` and the like: all is taken down as well
    sys.exit(main())
