"""The log: a line of text for people, or an object a line for machines."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# A placeholder, and the name in front of it if there is one: `request_id=%s` gives a field.
_PLACEHOLDER = re.compile(r"(?:\b([a-z_]+)=)?%(?:%|[#0+ -]*\d*(?:\.\d+)?[sdrfgx])")
_OURS = frozenset({"time", "level", "logger", "process", "pid", "message", "exception"})


class JsonFormatter(logging.Formatter):
    """Writes one JSON object a line; what a message names as `name=%s` stands in a field of that name too."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        fields: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": self._process,
            "pid": os.getpid(),
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in named_values(record).items() if name not in _OURS}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def named_values(record: logging.LogRecord) -> dict[str, object]:
    """Say which values a message names."""
    if not isinstance(record.args, tuple) or not isinstance(record.msg, str):
        return {}
    names = [found[1] for found in _PLACEHOLDER.finditer(record.msg) if not found[0].endswith("%%")]
    return {name: _plain(value) for name, value in zip(names, record.args, strict=False) if name}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def make_formatter(form: str, *, process: str) -> logging.Formatter:
    """Make the formatter of `text` or `json`."""
    return JsonFormatter(process) if form == "json" else logging.Formatter(LOG_FORMAT)


def set_up_log(level: str, form: str, *, process: str) -> None:
    """Let this process log to the standard error; a second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(form, process=process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
