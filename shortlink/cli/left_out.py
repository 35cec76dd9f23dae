"""What a command had to leave out, told at its end: a damaged thing stops no command, and goes by in no silence."""

from __future__ import annotations

from collections.abc import Sequence

NOT_ALL = 3  # the exit code of a command that did all but what it names
_NAMED = 20


def left_out(names: Sequence[str], mend: str) -> str:
    """Say how many were left out, which, and what to do; of very many, some are named."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Left out, as it cannot be read: {len(names):,} ({', '.join(names[:_NAMED])}{more}). {mend}"
