"""An account, its token and its webhook secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from shortlink.domain import base62
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.errors import ShortlinkError

TOKEN_PREFIX = "slk_"
SID_PREFIX = "SL"
MAX_SID = 64  # characters; what is longer is nobody's, and no key of the store is made of it
DAMAGED_WAIT_MS = 60_000  # before what is owed for an account that cannot be read is looked at again
SECRET_OVERLAP_MS = 2 * DAY_MS  # a webhook secret signs for two more days after a rotation
MOST_SECRETS = 5  # that sign at the same time: each costs a signature in every call


class AccountExists(ShortlinkError):
    """There is an account of this SID already."""


class AccountChanged(ShortlinkError):
    """Somebody else has meanwhile written what a change was to replace."""


class TooManyRotations(ShortlinkError):
    """A webhook secret was rotated so often that one more would end a secret before its two days are over."""

    def __init__(self, wait_ms: int) -> None:
        hours = max(1, -(-wait_ms // HOUR_MS))
        super().__init__(
            f"{MOST_SECRETS} secrets sign at present, the most there may be, because each signs for two days after it "
            f"was replaced; the next rotation is possible in {hours} {'hour' if hours == 1 else 'hours'}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer of this installation. Times are UTC milliseconds since 1970."""

    sid: str
    name: str
    token_hash: str
    created_at: int
    disabled: bool = False
    disabled_at: int | None = None  # when it was switched off last, also while it is on again; None if never
    secret_version: int = 1
    secret_rotated_at: tuple[int, ...] = ()  # oldest first, as many as were needed at the last rotation
    send_rate: float | None = None  # calls a second; None is the installation's setting, 0 no limit
    list_rate: float | None = None
    opt_outs: bool = False  # whether any number ever opted out: without, nobody looks
    hold_unconfirmed: bool = False  # hold a message that cannot be found at the carrier, instead of sending again


def new_sid() -> str:
    """Draw an account's public name: 12 characters, short because every message carries it."""
    return SID_PREFIX + base62.draw(10)


def new_token() -> str:
    """Draw an auth token: a prefix that secret scanners can know, then 178 random bits."""
    return TOKEN_PREFIX + base62.draw(30)


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
    """List the secrets that sign a callback at `now`, the current one first."""
    versions = signing_versions(account.secret_version, account.secret_rotated_at, now)
    return [webhook_secret(account.sid, version, key) for version in versions]


def signing_versions(version: int, rotated_at: Sequence[int], now: int) -> list[int]:
    """List the versions of a secret that sign at `now`: the current one, and all replaced less than two days ago."""
    ages = enumerate((now - at for at in reversed(rotated_at)), start=1)
    return [version, *(version - back for back, age in ages if age < SECRET_OVERLAP_MS)]


def note_rotation(rotated_at: Sequence[int], now: int) -> tuple[int, ...]:
    """Add a rotation to those that still count, forgetting the oldest that do not. Raises TooManyRotations."""
    needed = tuple(dropwhile(lambda at: now - at >= SECRET_OVERLAP_MS, rotated_at))
    if len(needed) >= MOST_SECRETS - 1:
        raise TooManyRotations(needed[0] + SECRET_OVERLAP_MS - now)
    return (*needed, now)
