"""How log files are named: by their type and their UTC day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from shortlink.dialects.logs import LOGS, Log, LogType

_EPOCH = date(1970, 1, 1)


def date_of(day: int) -> str:
    """Write a UTC day (since 1970) as files and addresses name it."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def day_of(text: str) -> int | None:
    """Read a UTC day; None when it is no date."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return (found - _EPOCH).days if found.isoformat() == text else None


def file_name(type_: LogType, day: int) -> str:
    """Name the log of a day."""
    return f"{type_.value}.{date_of(day)}.log"


def read_file_name(name: str) -> tuple[Log, int] | None:
    """Take a log's name apart; None when there can be no such log."""
    type_, _, rest = name.partition(".")
    text, _, ending = rest.partition(".")
    day = day_of(text)
    if ending != "log" or day is None or type_ not in set(LogType):
        return None
    return LOGS[LogType(type_)], day
