"""What a look at one thing found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is; only a problem makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing, how it stands, what was seen, and how to mend it (empty when there is nothing to mend)."""

    name: str
    state: State
    seen: str
    mend: str = ""


def ok(name: str, seen: str) -> Finding:
    """Find that a thing is well."""
    return Finding(name=name, state=State.OK, seen=seen)


def warning(name: str, seen: str, mend: str) -> Finding:
    """Find a thing that works and should be mended all the same."""
    return Finding(name=name, state=State.WARNING, seen=seen, mend=mend)


def problem(name: str, seen: str, mend: str) -> Finding:
    """Find a thing that is broken."""
    return Finding(name=name, state=State.PROBLEM, seen=seen, mend=mend)
