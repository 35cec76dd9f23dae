"""Spooled clicks, the files that a process left of them, and a store that goes away while they are replayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import SpooledClick


def click(at: int) -> SpooledClick:
    return SpooledClick(code="abcdefghj", at=at, verdict="h", rule="browser", spends=True)


def leave(folder: Path, name: str, *lines: bytes) -> None:
    (folder / f"{name}.clicks").write_bytes(b"".join(line + b"\n" for line in lines))


def line(at: int) -> bytes:
    return json.dumps(asdict(click(at))).encode()


def keeping(kept: list[SpooledClick], most: int) -> Callable[[SpooledClick], None]:
    """Keep so many clicks; then the store is away."""

    def keep(one: SpooledClick) -> None:
        if len(kept) >= most:
            raise StoreUnavailable("gone again")
        kept.append(one)

    return keep
