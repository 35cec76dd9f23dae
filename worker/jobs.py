"""The jobs that RQ runs: they hand ids to the crew of this process and return."""

from __future__ import annotations

from worker.crew import Crew

crews: dict[str, Crew] = {}  # filled when the process starts: RQ calls jobs by name, so they look here


def attend_messages(codes: list[str]) -> None:
    """Submit, look for or fetch these messages."""
    crews["messages"].take(codes)


def deliver_callbacks(members: list[str]) -> None:
    """Try these callbacks."""
    crews["callbacks"].take(members)
