"""What was found: a table for people, a JSON file for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from errno import EACCES, EISDIR
from os import W_OK, access, strerror
from pathlib import Path
from typing import Any

from bench.run import Finding, Measure

_COLUMNS = f"{'figure':<44}{'measured':>14}{'beside it':>14}{'ratio':>8}{'aim':>10}  verdict"


def table(findings: Mapping[str, Finding]) -> str:
    """Write the table."""
    lines = [_COLUMNS, "-" * len(_COLUMNS)]
    for finding in findings.values():
        lines += [_line(measure) for measure in finding.measures]
        lines += [f"{check.name}: {'yes' if check.holds else 'NO'} ({check.seen})" for check in finding.checks]
        lines += [f"left out: {what}" for what in finding.left_out]
    return "\n".join(lines)


def make_room(path: Path) -> None:
    """Make the directory of a file that is to be written. Raises OSError when it could not be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(EISDIR, strerror(EISDIR))
    if not access(path if path.exists() else path.parent, W_OK):
        raise PermissionError(EACCES, strerror(EACCES))


def write_json(
    path: Path, findings: Mapping[str, Finding], *, about: Mapping[str, Any], quick: bool, seconds: float
) -> None:
    """Write the file."""
    content = {
        "machine": dict(about),
        "quick": quick,
        "seconds": round(seconds, 1),
        "figures": {name: _as_json(finding) for name, finding in findings.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n")


def _line(measure: Measure) -> str:
    baseline = "" if measure.baseline is None else _number(measure.baseline, measure.unit)
    ratio = "" if measure.ratio is None else f"{measure.ratio:.2f}"
    columns = f"{measure.name:<44}{_number(measure.value, measure.unit):>14}{baseline:>14}{ratio:>8}"
    return f"{columns}{''.join(_judgement(measure))}".rstrip()


def _judgement(measure: Measure) -> Iterator[str]:
    aim = measure.aim
    if aim is None:
        return
    yield f"{'≥' if aim.at_least else '≤'} {aim.bound:g}".rjust(10)
    yield "  met" if aim.met_by(measure.judged) else f"  missed by {aim.missed_by(measure.judged):.0%}"


def _number(value: float, unit: str) -> str:
    digits = 2 if abs(value) < 1 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}{unit if unit.startswith('/') else ' ' + unit}"


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "measures": [_measure_as_json(measure) for measure in finding.measures],
        "checks": [{"name": check.name, "holds": check.holds, "seen": check.seen} for check in finding.checks],
        "left_out": finding.left_out,
        "details": finding.details,
    }


def _measure_as_json(measure: Measure) -> dict[str, Any]:
    written: dict[str, Any] = {"name": measure.name.strip(), "value": round(measure.value, 3), "unit": measure.unit}
    if measure.baseline is not None and measure.ratio is not None:
        beside = measure.beside.replace(" ", "_")
        written |= {beside: round(measure.baseline, 3), "ratio": round(measure.ratio, 3)}
    if measure.aim is not None:
        word = "at_least" if measure.aim.at_least else "at_most"
        written |= {"aim": {word: measure.aim.bound}, "met": measure.aim.met_by(measure.judged)}
    return written
