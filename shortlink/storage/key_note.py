"""The fingerprint of the secret key that a store was filled with."""

from __future__ import annotations

from shortlink.storage import keys
from shortlink.storage.connection import Store


class KeyNote:
    """Tells later processes whether they have the key by which tokens, opt-outs and signatures here were made."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, check: str) -> str:
        """Note a fingerprint unless one is noted; give the one that is. Raises StoreUnavailable."""
        self._store.set(keys.KEY_CHECK, check, nx=True)
        return self.read() or check

    def read(self) -> str | None:
        """Read the fingerprint; None when none was noted yet. Raises StoreUnavailable."""
        found = self._store.get(keys.KEY_CHECK)
        return None if found is None else str(found)
