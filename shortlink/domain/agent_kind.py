"""The sorts of programs that open links."""

from __future__ import annotations

from enum import Enum, auto


class AgentKind(Enum):
    """What sort of program an agent is."""

    PREVIEW = auto()
    SCANNER = auto()
    PLAIN_CLIENT = auto()
    BROWSER = auto()

    __hash__ = object.__hash__  # each is a single thing; Enum's own is slower, and every tap asks for it
