"""An account, its token and its webhook secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

TOKEN_PREFIX = "slk_"
SID_PREFIX = "SL"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_OVERLAP_MS = 48 * 3600 * 1000  # both webhook secrets sign for two days after a rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer of this installation. Times are UTC milliseconds since 1970."""

    sid: str
    name: str
    token_hash: str
    created_at: int
    disabled: bool = False
    secret_version: int = 1
    secret_rotated_at: int | None = None
    send_rate: float | None = None  # calls a second; None is the installation's setting, 0 no limit
    list_rate: float | None = None
    opt_outs: bool = False  # whether any number ever opted out: without, nobody looks
    hold_unconfirmed: bool = False  # hold a message that cannot be found at the carrier, instead of sending again


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def new_sid() -> str:
    """Draw an account's public name: 12 characters, short because every message carries it."""
    return SID_PREFIX + _random(10)


def new_token() -> str:
    """Draw an auth token: a prefix that secret scanners can know, then 178 random bits."""
    return TOKEN_PREFIX + _random(30)


def hash_token(token: str, key: bytes) -> str:
    """Hash a token with the installation's key, so that a stolen store alone lets nobody in."""
    return hmac.digest(key, b"token:" + token.encode(), "sha256").hex()


def token_matches(account: Account, token: str, key: bytes) -> bool:
    """Compare a presented token with the stored hash in constant time."""
    return hmac.compare_digest(account.token_hash, hash_token(token, key))


def webhook_secret(sid: str, version: int, key: bytes) -> str:
    """Derive a webhook secret from the installation's key: nothing that could leak is stored.

    Shape of Standard Webhooks: `whsec_` and base64 of 32 bytes.
    """
    raw = hmac.new(key, f"webhook:{sid}:{version}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(raw).decode()


def signing_secrets(account: Account, now: int, key: bytes) -> list[str]:
    """List the secrets that sign a callback at `now`: the current one first, the last one while both count."""
    found = [webhook_secret(account.sid, account.secret_version, key)]
    rotated = account.secret_rotated_at
    if account.secret_version > 1 and rotated is not None and now - rotated < SECRET_OVERLAP_MS:
        found.append(webhook_secret(account.sid, account.secret_version - 1, key))
    return found
