"""Count what the carrier may still get."""

from __future__ import annotations

from itertools import islice

from shortlink.domain.due import Due
from shortlink.domain.message import MessageStatus
from shortlink.storage.inspection import Inspector

_PAGE = 500
_UNSENT = frozenset(status.value for status in MessageStatus if status.awaits_carrier)


def count_unsent(inspector: Inspector) -> int:
    """Count the messages that wait to be handed to the carrier, or of which nobody knows whether it has them.

    Raises StoreUnavailable.
    """
    codes = (entry.code for entry in inspector.due_entries() if entry.due is Due.MESSAGES)
    count = 0
    while page := list(dict.fromkeys(islice(codes, _PAGE))):
        count += sum(gist.status in _UNSENT for gist in inspector.gists(page).values())
    return count
