"""A network of our own: this process moves where nothing leads out, every address is ours and names are ours to give.

Linux only; as root, or as anybody where the system lets users make namespaces. Only system calls: no program needed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_NEW_MOUNTS, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_GET_FLAGS, _SET_FLAGS, _SET_ADDRESS, _SET_MASK = 0x8913, 0x8914, 0x8916, 0x891C
_UP = 0x1
_LOOPBACK = b"lo"


class NotIsolated(Exception):
    """This system does not let us have a network of our own; the text says which step it refused."""


def isolate(addresses: Sequence[IPv4Address | IPv6Address], files: Mapping[Path, Path]) -> None:
    """Move this process, which must have one thread, into a network with these addresses on its loopback.

    `files` are put over others of the system, for this process and those it starts. Raises NotIsolated.
    """
    if not sys.platform.startswith("linux"):
        raise NotIsolated(f"network namespaces are Linux's, and this is {sys.platform}")
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NEW_MOUNTS | _NEW_NETWORK | (_NEW_USER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    for over, ours in files.items():
        _call("mount", bytes(ours), bytes(over), None, _BIND, None)
    try:
        _raise_loopback()
        for number, address in enumerate(addresses):
            _add(address, number)
    except OSError as error:
        raise NotIsolated(f"setting up loopback: {error.strerror}") from error


def _call(name: str, *arguments: int | bytes | None) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise NotIsolated(f"{name}: {os.strerror(ctypes.get_errno())}")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        answer = fcntl.ioctl(handle, _GET_FLAGS, struct.pack("16sH14x", _LOOPBACK, 0))
        (flags,) = struct.unpack_from("H", answer, 16)
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sH14x", _LOOPBACK, flags | _UP))


def _add(address: IPv4Address | IPv6Address, number: int) -> None:
    """Give loopback one more address."""
    if isinstance(address, IPv6Address):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as handle:
            index = socket.if_nametoindex(_LOOPBACK.decode())
            fcntl.ioctl(handle, _SET_ADDRESS, struct.pack("16sIi", address.packed, 128, index))
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for step, value in ((_SET_ADDRESS, address.packed), (_SET_MASK, b"\xff\xff\xff\xff")):
            place = struct.pack("HH4s8x", socket.AF_INET, 0, value)
            fcntl.ioctl(handle, step, struct.pack("16s16s", b"%s:%d" % (_LOOPBACK, number), place))
