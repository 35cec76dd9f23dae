"""What the kernel has of a client that does not take its answers."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from array import array
from contextlib import suppress

_NO_LINGER = struct.pack("ii", 1, 0)


def count_unsent(transport: asyncio.Transport) -> int:
    """Count the bytes that a client has not taken, here and in the kernel."""
    own = transport.get_extra_info("socket")
    in_kernel = array("i", [0])
    if own is not None:
        with suppress(OSError):  # some systems do not tell
            fcntl.ioctl(own.fileno(), termios.TIOCOUTQ, in_kernel)
    return transport.get_write_buffer_size() + in_kernel[0]


def cut_off(transport: asyncio.Transport) -> None:
    """Close at once, and have the kernel forget what the client did not take, too."""
    if (own := transport.get_extra_info("socket")) is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
