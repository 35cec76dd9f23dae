"""The fingerprint of a secret key, by which two installations tell whether they have the same."""

from __future__ import annotations

import hashlib


def key_check(key: str) -> str:
    """Make a fingerprint of a secret key, which tells two keys apart and nothing else."""
    return hashlib.sha256(b"shortlink key check:" + key.encode()).hexdigest()[:16]
