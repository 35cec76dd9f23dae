"""Find the records that somebody could not read and that are still so."""

from __future__ import annotations

from shortlink.storage.inspection import Inspector
from shortlink.storage.unreadable_records import UnreadableRecords


def find_unreadable(noted: UnreadableRecords, inspector: Inspector) -> list[str]:
    """List the codes of damaged messages that were met, the newest first and 100 at most; one that was mended is none.

    Looks at no other record: that is for the audit. Raises StoreUnavailable.
    """
    return [one.code for one in inspector.look_at(noted.noted()) if one.unreadable is not None]
