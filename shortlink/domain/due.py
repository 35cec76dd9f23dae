"""The kinds of work that can fall due."""

from __future__ import annotations

from enum import StrEnum


class Due(StrEnum):
    """What a due set holds; the value is the wake hint that scripts publish."""

    MESSAGES = "m"
    CALLBACKS = "c"
