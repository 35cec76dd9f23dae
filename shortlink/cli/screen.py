"""What commands print to, a terminal or the next program: its colours and its tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from shortlink.cli.inert_text import inert_lines
from shortlink.config import environment

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    Row = Sequence[str | Text]
    _Lines = Sequence[tuple[str, str | Text]]

_WIDE = 10_000  # columns of what is no terminal: nothing is folded for the next program
_GAP = 2  # columns between two columns of a table, and at its edges together
_LEAST = 16  # columns of what may be folded: with less nobody reads it
_NAME = 40  # letters of a word that is not folded even there: settings, ids; what is longer is an address


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

    Where that leaves too little room, each row becomes a block of lines, as long as it takes; where a name in it could
    not be copied then, because it was folded, the lines begin at the edge.
    """
    console = _screen()
    rows = [[*map(_plain, row)] for row in rows]
    if _least_width(heads, rows, folded) <= console.width:
        console.print(_table(heads, rows, folded))
    else:
        blocks = [[(head, cell) for head, cell in zip(heads, row, strict=True) if str(cell)] for row in rows]
        print_block = _print_beside if all(_fits(block, console.width) for block in blocks) else _print_flowing
        for block in blocks:
            print_block(console, block)
            console.print()


def show_block(lines: _Lines) -> None:
    """Print names and what stands behind them, a line each."""
    console = _screen()
    lines = [(name, _plain(cell)) for name, cell in lines]
    print_block = _print_beside if _fits(lines, console.width) else _print_flowing
    print_block(console, lines)


def _least_width(heads: Sequence[str], rows: Sequence[Row], folded: Collection[str]) -> int:
    columns = list(zip(*[heads, *rows], strict=True))
    widths = {column[0]: max(map(_width, column)) for column in columns}
    words = {column[0]: max(map(_longest_name, column)) for column in columns}
    least = (min(width, max(_LEAST, words[head])) if head in folded else width for head, width in widths.items())
    return sum(width + _GAP for width in least) + _GAP


def _longest_name(cell: str | Text) -> int:
    return max((width for word in str(cell).split() if (width := _width(word)) <= _NAME), default=0)


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
        table.add_row(*row)
    return table


def _fits(lines: _Lines, width: int) -> bool:
    """Whether each word that a whole line has room for is left whole in what room is left beside the names."""
    beside = width - max((_width(name) for name, _ in lines), default=0) - _GAP
    return not any(beside < _width(word) <= width for _, cell in lines for word in str(cell).split())


def _print_beside(console: Console, lines: _Lines) -> None:
    from rich.table import Table

    block = Table.grid(padding=(0, _GAP))
    block.add_column(style="bold", no_wrap=True)
    block.add_column(overflow="fold")
    for name, cell in lines:
        block.add_row(name, cell)
    console.print(block)


def _print_flowing(console: Console, lines: _Lines) -> None:
    """Print names and what stands behind them in lines as long as a narrow terminal has."""
    from rich.text import Text

    for name, cell in lines:
        console.print(Text.assemble((f"{name}: " if name else "", "bold"), cell), overflow="fold")


def _plain(cell: str | Text) -> Text:
    """Take a text as it stands: brackets of strangers are no colours, and their control characters no commands."""
    from rich.text import Text

    if isinstance(cell, str):
        return Text(inert_lines(cell))
    return Text(inert_lines(cell.plain), cell.style)
