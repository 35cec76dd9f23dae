"""The file of an export: JSON objects, one a line, compressed or not."""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Self

from shortlink.domain.errors import ShortlinkError

STANDARD = Path("-")
_GZIP = b"\x1f\x8b"


class UnusableFile(ShortlinkError):
    """The file of an export cannot be written or read."""


@contextmanager
def writing(file: Path) -> Iterator[IO[str]]:
    """Open a new file for its owner alone, or the standard output; one that was not finished is removed."""
    if file == STANDARD:
        yield sys.stdout
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UnusableFile(f"{file} exists; name another file, or remove it first") from error
    except OSError as error:
        raise UnusableFile(f"{file} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as raw:
            packed = gzip.open(raw, "wb") if file.suffix == ".gz" else raw  # noqa: SIM115  # closed below
            with TextIOWrapper(packed, encoding="utf-8") as text:
                yield text
    except BaseException:
        file.unlink(missing_ok=True)  # half an export would pass for a whole one
        raise


class ExportReader:
    """The objects of an export, compressed or not, and how far they were read."""

    def __init__(self, file: Path) -> None:
        try:
            self._raw: IO[bytes] = sys.stdin.buffer if file == STANDARD else file.open("rb")
        except OSError as error:
            raise UnusableFile(f"{file} cannot be read: {error.strerror}") from error
        self.size = file.stat().st_size if file != STANDARD else None
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read line by line; one that is no JSON object is empty. Raises UnusableFile where the first one is none."""
        packed = self._raw.peek(2)[:2] == _GZIP  # type: ignore[attr-defined]
        stream = gzip.open(self._raw) if packed else self._raw  # noqa: SIM115  # ends with the file
        number = 0
        try:
            for line in stream:
                number += 1
                found = _object(line)
                if not found and number == 1:
                    raise UnusableFile("line 1 is no JSON object: the file is damaged or no export")
                yield found
        except (EOFError, OSError, zlib.error) as error:
            raise UnusableFile(f"the file cannot be read on after line {number}: it is damaged or cut off") from error

    def further(self) -> int:
        """Say how many bytes were read since the last call."""
        if self.size is None:
            return 0
        before, self._seen = self._seen, self._raw.tell()
        return self._seen - before


def _object(line: bytes) -> dict[str, Any]:
    """Read one line of an export; empty where it is no JSON object."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
