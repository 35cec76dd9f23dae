"""Letters and digits of ASCII, in their order: what ids are written in."""

from __future__ import annotations

import secrets
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def draw(length: int) -> str:
    """Draw so many digits that nobody can guess."""
    return "".join(secrets.choice(DIGITS) for _ in range(length))
