"""Read `sent_date` and its operator out of a query string.

The published clients glue the operator to the name: `?sent_date` + `>=2026-01-01`. Depending on what encodes it,
`sent_date%3E=2026-01-01`, `sent_date%3E%3D2026-01-01` or `sent_date%3C2026-01-01` arrives, where no parser of queries
finds a parameter called `sent_date`; so the decoded text is read as it stands. What takes a query apart and puts it
together again (Go, Node's URLSearchParams, parameters given as a map) leaves `sent_date%3C2026-01-01=`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from shortlink.domain.errors import InvalidFields

WINDOW_DAYS = 90
_EPOCH = date(1970, 1, 1).toordinal()
_MENTION = re.compile(r"sent_date(?![A-Za-z0-9_])(?P<rest>.*)", re.DOTALL)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONDITION = re.compile(r"(?P<operator><=|>=|=|<|>)(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})=?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """UTC days since 1970, both ends included; none when `last` lies before `first`."""

    first: int
    last: int


def read_days(query: bytes, *, today: int) -> Days:
    """Say which days a list is asked for: the last 90 and today, narrowed by every condition given.

    Raises InvalidFields under `sent_date`, with the contract's texts, for what is no condition on a date and for
    a date before the window.
    """
    first, last = today - WINDOW_DAYS, today
    for part in query.decode("latin-1").split("&"):
        mention = _MENTION.fullmatch(unquote(part))
        if mention is None:
            continue
        operator, day = _read_condition(mention["rest"])
        if day < today - WINDOW_DAYS:
            raise InvalidFields({"sent_date": ["Invalid sent_date"]})
        if operator in (">", ">=", "="):
            first = max(first, day + (operator == ">"))
        if operator in ("<", "<=", "="):
            last = min(last, day - (operator == "<"))
    return Days(first=first, last=last)


def read_range(fields: Mapping[str, Any]) -> tuple[int, int]:
    """Read the days `from` and `to`, both included, as days since 1970.

    Raises InvalidFields for every one that is missing or no date, and for an end before its beginning.
    """
    days: dict[str, int] = {}
    faults: dict[str, list[str]] = {}
    for name in ("from", "to"):
        try:
            days[name] = _read_day(fields[name])
        except KeyError:
            faults[name] = ["This field is required."]
        except ValueError:
            faults[name] = ["Must be a UTC date such as 2026-01-31."]
    if not faults and not 0 <= days["to"] - days["from"] <= WINDOW_DAYS:
        faults["to"] = [f"Must be from 0 to {WINDOW_DAYS} days after `from`."]
    if faults:
        raise InvalidFields(faults)
    return days["from"], days["to"]


def _read_day(value: Any) -> int:
    if not isinstance(value, str) or not _DAY.fullmatch(value):  # fromisoformat takes `20260131` and week dates, too
        raise ValueError("not a day")
    return date.fromisoformat(value).toordinal() - _EPOCH


def _read_condition(text: str) -> tuple[str, int]:
    found = _CONDITION.fullmatch(text)
    try:
        day = date.fromisoformat(found["date"]).toordinal() - _EPOCH if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        raise InvalidFields({"sent_date": ["Invalid sent_date format"]})
    return found["operator"], day
