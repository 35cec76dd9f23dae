"""The forms of a log file: rows in, text out, a piece at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from xml.sax.saxutils import escape

from shortlink.dialects.csv_lines import csv_lines
from shortlink.dialects.logs import Cell, Log

Rows = Iterable[Sequence[Cell]]
# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_csv(_: Log, rows: Rows) -> Iterator[str]:
    """Write lines without a header line."""
    yield from csv_lines(rows)


def write_csv_with_header(log: Log, rows: Rows) -> Iterator[str]:
    """Write the names of the columns, then the same lines."""
    yield from csv_lines(chain(([column.name for column in log.columns],), rows))


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


def _xml_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return escape(_NOT_XML.sub("\ufffd", str(cell)), {"\r": "&#13;"})  # bare, a parser would read it as a line feed
