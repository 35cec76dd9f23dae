"""The forms of a log file: rows in, text out, a piece at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from xml.sax.saxutils import escape

from shortlink.dialects.logs import Cell, Log

Rows = Iterable[Sequence[Cell]]
_AT_ONCE = 200
# A spreadsheet takes a cell that begins so for a formula; what people wrote must not become one. Some skip white space
# (and a byte order mark, or a break that the cell is cut at) before it, and some read full-width signs as their own.
_FORMULA = re.compile("[\t\r\n]|[\\s\ufeff\u200b\x00]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
# Where a comma is no separator, one of these is: unquoted, what stands behind it would be a cell of its own.
_SEPARATOR = re.compile('[",;\t\r\n]')
_NUMBER = re.compile(r"\+?\d{1,15}")
# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_csv(_: Log, rows: Rows) -> Iterator[str]:
    """Write lines of RFC 4180 without a header line."""
    walk = iter(rows)
    while page := list(islice(walk, _AT_ONCE)):
        yield "".join([",".join(map(_csv_cell, row)) + "\r\n" for row in page])


def write_csv_with_header(log: Log, rows: Rows) -> Iterator[str]:
    """Write the names of the columns, then the same lines."""
    yield ",".join(column.name for column in log.columns) + "\r\n"
    yield from write_csv(log, rows)


def write_json(log: Log, rows: Rows) -> Iterator[str]:
    """Write an array of objects, one a line."""
    names = [column.name for column in log.columns]
    lead = "[\n"
    for row in rows:
        yield lead + json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        lead = ",\n"
    yield "[]\n" if lead == "[\n" else "\n]\n"


def write_xml(log: Log, rows: Rows) -> Iterator[str]:
    """Write one element an event; a cell that is empty has none."""
    names = [column.name for column in log.columns]
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<log type="{log.type.value}">\n'
    for row in rows:
        cells = (
            f"<{name}>{_xml_text(cell)}</{name}>" for name, cell in zip(names, row, strict=True) if cell not in _NONE
        )
        yield f"<entry>{''.join(cells)}</entry>\n"
    yield "</log>\n"


FORMS: dict[str, tuple[str, Callable[[Log, Rows], Iterator[str]]]] = {
    "": ("text/csv; charset=utf-8; header=absent", write_csv),
    "header": ("text/csv; charset=utf-8; header=present", write_csv_with_header),
    "json": ("application/json", write_json),
    "xml": ("application/xml", write_xml),
}
_NONE = (None, "")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = "" if cell is None else str(cell)
    if isinstance(cell, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if _SEPARATOR.search(text) else text


def _xml_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return escape(_NOT_XML.sub("\ufffd", str(cell)), {"\r": "&#13;"})  # bare, a parser would read it as a line feed
