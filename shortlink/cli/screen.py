"""Where commands print tables: a terminal, or the next program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortlink.config import environment

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 10_000  # columns of what is no terminal: nothing is folded for the next program


def screen() -> Console:
    """Open the standard output for tables, as wide as its reader likes."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal and "COLUMNS" not in environment():
        console.width = _WIDE
    return console
