"""Put what a form says into fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

LISTS = frozenset({"tags", "events"})  # fields of several values; in a form they are one text, with commas
_ELEMENT = re.compile(r"([a-z]+)\[[0-9]*\]")


def gather(pairs: Sequence[tuple[str, str | bytes]]) -> dict[str, Any]:
    """Put pairs of name and value together; of a name given twice the last counts, of a list every one.

    A list comes as libraries write an array: `tags=a&tags=b` in Python, Ruby and Go, `tags[]=a&tags[]=b` in
    JavaScript, `tags[0]=a&tags[1]=b` in PHP. Its texts are joined by commas, in the order given.
    """
    fields: dict[str, Any] = dict(pairs)
    if len(fields) == len(pairs) and not any(name.endswith("]") for name in fields):  # nearly always
        return fields
    lists: dict[str, list[str | bytes]] = {}
    for written, value in pairs:
        name = _list_of(written)
        if name is not None:
            lists.setdefault(name, []).append(value)
            fields.pop(written, None)
    return fields | {name: _join(values) for name, values in lists.items()}


def _list_of(written: str) -> str | None:
    """Name the list that a name as it was written belongs to, if it does to one."""
    element = _ELEMENT.fullmatch(written)
    name = element[1] if element else written
    return name if name in LISTS else None


def _join(values: list[str | bytes]) -> str | list[str | bytes]:
    """Join texts; files, which are bytes, stay what they are, for whoever checks the field."""
    texts = [value for value in values if isinstance(value, str)]
    return ",".join(texts) if len(texts) == len(values) else values
