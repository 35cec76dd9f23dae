"""Lines of CSV that no spreadsheet makes a formula of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from shortlink.dialects.logs import Cell

_AT_ONCE = 200
# A spreadsheet takes a cell that begins so for a formula; what people wrote must not become one. Some skip white space
# (and a byte order mark, or a break that the cell is cut at) before it, and some read full-width signs as their own.
_FORMULA = re.compile("[\t\r\n]|[\\s\ufeff\u200b\x00]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
# Where a comma is no separator, one of these is: unquoted, what stands behind it would be a cell of its own.
_SEPARATOR = re.compile('[",;\t\r\n]')
_NUMBER = re.compile(r"\+?\d{1,15}")


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Write lines of RFC 4180, many at once; a header is a row like any other."""
    walk = iter(rows)
    while page := list(islice(walk, _AT_ONCE)):
        yield "".join([",".join(map(_csv_cell, row)) + "\r\n" for row in page])


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = "" if cell is None else str(cell)
    if isinstance(cell, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if _SEPARATOR.search(text) else text
