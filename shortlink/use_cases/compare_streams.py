"""Compare the event streams with the archive: what it still lacks of them, and what they have lost."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.archive.events import EventLog
from shortlink.storage.events import EventStreams, entry_order

_NONE = (-1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How store and archive stand to each other.

    `lost` are the partitions whose stream ends before what the archive has of it, or is gone: the store was emptied,
    or an older copy took its place. `late_seconds` is the age of the oldest event that the archive lacks, 0 when it
    lacks none.
    """

    lost: tuple[str, ...]
    late_seconds: float


def compare_streams(streams: EventStreams, log: EventLog) -> Comparison:
    """Compare them; safe while a recorder works. Raises StoreUnavailable, ArchiveUnavailable."""
    read = log.positions()  # before the streams are looked at: they only grow meanwhile
    newest = {letter: entry_order(state.newest) for letter, state in streams.states().items()}
    lost = [letter for letter, position in sorted(read.items()) if newest.get(letter, _NONE) < entry_order(position)]
    oldest = streams.oldest_after({letter: read.get(letter, "0") for letter in newest})
    late_ms = 0 if oldest is None else max(0, streams.store.now() - oldest)
    return Comparison(lost=tuple(lost), late_seconds=late_ms / 1000)
