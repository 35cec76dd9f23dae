"""What commands print to, a terminal or the next program: its colours and its tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from shortlink.config import environment

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    Row = Sequence[str | Text]

_WIDE = 10_000  # columns of what is no terminal: nothing is folded for the next program
_GAP = 2  # columns between two columns of a table, and at its edges together
_LEAST = 16  # columns of what may be folded: with less nobody reads it


def wants_colour() -> bool | None:
    """Say whether the environment asks for colours or for none; None where it is for the terminal to say."""
    given = environment()
    if given.get("NO_COLOR"):
        return False
    return True if given.get("FORCE_COLOR") else None


def _screen() -> Console:
    """Open the standard output for tables, as wide as its reader likes."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.file.isatty() and "COLUMNS" not in environment():
        console.width = _WIDE
    return console


def show_table(heads: Sequence[str], rows: Sequence[Row], *, folded: Collection[str]) -> None:
    """Print a table; only these columns may be folded, whatever stands in the others can be copied as it is.

    Where that leaves too little room, each row becomes a block of lines, as long as it takes.
    """
    console = _screen()
    if _least_width(heads, rows, folded) <= console.width:
        console.print(_table(heads, rows, folded))
    else:
        for block in _blocks(heads, rows):
            console.print(block, "")


def show_block(lines: Sequence[tuple[str, str | Text]]) -> None:
    """Print names and what stands behind them, a line each."""
    _screen().print(_block(lines))


def _least_width(heads: Sequence[str], rows: Sequence[Row], folded: Collection[str]) -> int:
    columns = zip(*[heads, *rows], strict=True)
    widths = {column[0]: max(map(_width, column)) for column in columns}
    least = (min(width, _LEAST) if head in folded else width for head, width in widths.items())
    return sum(width + _GAP for width in least) + _GAP


def _width(cell: str | Text) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, str(cell).splitlines()), default=0)


def _table(heads: Sequence[str], rows: Sequence[Row], folded: Collection[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, collapse_padding=True)
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head not in folded)
    for row in rows:
        table.add_row(*map(_plain, row))
    return table


def _blocks(heads: Sequence[str], rows: Sequence[Row]) -> Iterator[Table]:
    for row in rows:
        yield _block([(head, cell) for head, cell in zip(heads, row, strict=True) if str(cell)])


def _block(lines: Sequence[tuple[str, str | Text]]) -> Table:
    from rich.table import Table

    block = Table.grid(padding=(0, _GAP))
    block.add_column(style="bold", no_wrap=True)
    block.add_column(overflow="fold")
    for name, cell in lines:
        block.add_row(name, _plain(cell))
    return block


def _plain(cell: str | Text) -> Text:
    """Take a text as it stands: brackets of strangers are no colours."""
    from rich.text import Text

    return Text(cell) if isinstance(cell, str) else cell
