"""Small files that only their owner may read, replaced in one step so that no reader ever sees half of one."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any


def write_private(path: Path, text: str) -> None:
    """Write `text` with mode 0600, in place of what was there."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_if_there(path: Path) -> str | None:
    """Read a text file without its surrounding blanks; None when it is missing or empty."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write an object as `write_private` does."""
    write_private(path, json.dumps(value) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read an object; empty when the file is missing or holds none, since all of these files can be made again."""
    try:
        value = json.loads(read_if_there(path) or "{}")
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
