"""A number that was searched for, as it may stand in an address: addresses reach logs and histories, numbers must not.

Sealed with the installation's key for one session, after the pattern of SIV (RFC 5297) with HMAC as its one primitive:
the seal authenticates the number and is what the key stream is made of. The same search in the same session has the
same address; nobody without the key can tell what it was for, nor how long the number is.
"""

from __future__ import annotations

import hmac
import re

MAX_DIGITS = 15  # of E.164
_LENGTH = 16
_SEALED = re.compile(r"[0-9a-f]{64}")


def seal_number(digits: str, *, nonce: str, key: bytes) -> str:
    """Write the digits of a number, or of its beginning, so that only this session can read them.

    Raises ValueError for anything but 1 to 15 ASCII digits.
    """
    if not _is_number(digits):
        raise ValueError("not the digits of a number")
    plain = digits.encode().ljust(_LENGTH, b" ")
    seal = _derive("seal", nonce, plain, key)
    return (seal + _cross(plain, seal, nonce, key)).hex()


def open_number(sealed: str, *, nonce: str, key: bytes) -> str | None:
    """Read the digits; None for what another session sealed, and for whatever was not sealed at all."""
    if _SEALED.fullmatch(sealed) is None:
        return None
    raw = bytes.fromhex(sealed)
    seal, hidden = raw[:_LENGTH], raw[_LENGTH:]
    plain = _cross(hidden, seal, nonce, key)
    ours = hmac.compare_digest(seal, _derive("seal", nonce, plain, key))
    return plain.decode().rstrip() if ours else None


def _is_number(digits: str) -> bool:
    return 0 < len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit()


def _cross(text: bytes, seal: bytes, nonce: str, key: bytes) -> bytes:
    stream = _derive("stream", nonce, seal, key)
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _derive(purpose: str, nonce: str, text: bytes, key: bytes) -> bytes:
    return hmac.digest(key, f"search:{purpose}:{nonce}:".encode() + text, "sha256")[:_LENGTH]
