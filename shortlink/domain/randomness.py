"""Random bytes from the system, fetched in blocks.

Each call to the system lets go of the interpreter, which under load costs a busy process more than all else in drawing
a code. Every byte comes from the system and is used once; a process that forks must not have drawn before.
"""

from __future__ import annotations

import secrets
import threading

_BLOCK = 4096
_kept = threading.local()


def random_bytes(count: int) -> bytes:
    """Return fresh random bytes, fit for secrets; at most a block of 4096."""
    left: bytes = getattr(_kept, "left", b"")
    if len(left) < count:
        left = secrets.token_bytes(_BLOCK)
    _kept.left = left[count:]
    return left[:count]
