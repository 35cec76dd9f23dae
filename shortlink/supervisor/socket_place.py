"""Where the embedded store's socket is: in the data directory, or elsewhere when that has no fit path."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from shortlink.supervisor.data_directory import UnusableDirectory
from shortlink.supervisor.private_file import read_if_there, write_private

_PATH_BYTES = 100  # the kernel's limit is 104 on macOS, 108 on Linux
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+@~-]+")
_NAME = "valkey.sock"
_NOTE = "socket_directory"  # names the place elsewhere


def socket_path(directory: Path) -> Path:
    """Return the socket's path for a data directory; makes the place elsewhere where it takes one.

    The path has to be short, and plain: the server lists it among its clients' properties, where redis-py stumbles
    over blanks and equals signs. Raises UnusableDirectory.
    """
    inside = directory / _NAME
    if len(os.fsencode(inside)) <= _PATH_BYTES and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    return _private_place(directory / _NOTE) / _NAME


def forget_socket_place(directory: Path) -> None:
    """Remove the place elsewhere, if there is one."""
    note = directory / _NOTE
    if place := read_if_there(note):
        shutil.rmtree(place, ignore_errors=True)
        note.unlink()


def _private_place(note: Path) -> Path:
    """Return a short-named directory that only we can enter, the same one until `note` is removed."""
    known = read_if_there(note)
    if known is not None and _is_private(Path(known)):
        return Path(known)
    try:
        place = Path(tempfile.mkdtemp(prefix="shortlink-"))
        write_private(note, f"{place}\n")
    except OSError as error:
        raise UnusableDirectory(f"cannot make a place for the store's socket: {error}") from error
    return place


def _is_private(place: Path) -> bool:
    try:
        status = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
