"""Figures that several processes add to: each is true over all of them, and over their restarts."""

from __future__ import annotations

from collections.abc import Mapping

from shortlink.storage import keys
from shortlink.storage.connection import Store


class MeasureStore:
    """Whole numbers by name, which only ever grow."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, figures: Mapping[str, int]) -> None:
        """Add to figures, all of them or none; one that is not there begins at 0. Raises StoreUnavailable."""
        pipe = self._store.pipeline()
        for name, more in figures.items():
            pipe.hincrby(keys.MEASURES, name, more)
        pipe.execute()

    def read(self) -> dict[str, int]:
        """Read all figures."""
        return {name: int(value) for name, value in self._store.read_hash(keys.MEASURES).items()}
