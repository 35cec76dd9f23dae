"""The simulator's file is for its owner's eyes."""

from __future__ import annotations

import stat
from pathlib import Path

from shortlink.simulator.database import Database


def test_nobody_else_may_read_numbers_and_texts(tmp_path: Path) -> None:
    database = Database(tmp_path / "messages.sqlite3")
    try:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        database.close()
    assert modes
    assert set(modes.values()) == {0o600}
