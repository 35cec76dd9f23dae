"""A session of the dashboard: who is signed in, until when, as a text that only this installation can write."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from shortlink.domain.account import Account
from shortlink.domain.durations import HOUR_MS

SESSION_MS = 12 * HOUR_MS  # a working day; then the token is asked for again
_PARTS = 4
_MARK_LETTERS = 32
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that signed in.

    `mark` belongs to the account's token and to when the account was switched off last: with a new token the session
    is over, and once switched off it stays over.
    """

    sid: str
    ends_at: int
    nonce: str  # what the form tokens of this session are made of
    mark: str

    def opens(self, account: Account, *, now: int, key: bytes) -> bool:
        """Whether it still opens this account: in time, the account open ever since, with the same token."""
        same = hmac.compare_digest(self.mark, _mark(account, key))
        return same and now < self.ends_at and not account.disabled and account.sid == self.sid


def begin_session(account: Account, *, now: int, key: bytes) -> Session:
    """Make a new session of an account."""
    return Session(sid=account.sid, ends_at=now + SESSION_MS, nonce=new_nonce(), mark=_mark(account, key))


def new_nonce() -> str:
    """Draw what form tokens are made of."""
    return secrets.token_hex(16)


def seal_session(session: Session, key: bytes) -> str:
    """Write a session as the value of a cookie, signed."""
    text = f"{session.sid}.{session.ends_at}.{session.nonce}.{session.mark}"
    return f"{text}.{_sign('session', text, key)}"


def open_session(sealed: str, key: bytes) -> Session | None:
    """Read a session; None for whatever this installation has not written itself."""
    text, _, signature = sealed.rpartition(".")
    if len(sealed) > _MAX_LENGTH or not sealed.isascii():
        return None
    if not hmac.compare_digest(signature, _sign("session", text, key)):
        return None
    parts = text.split(".")
    if len(parts) != _PARTS:
        return None
    sid, ends_at, nonce, mark = parts
    return Session(sid=sid, ends_at=int(ends_at), nonce=nonce, mark=mark)


def form_token(nonce: str, key: bytes) -> str:
    """Make the token that every form of a session carries, which no other site can know."""
    return _sign("form", nonce, key)


def form_token_matches(token: str, nonce: str, key: bytes) -> bool:
    """Compare a form's token in constant time."""
    return token.isascii() and hmac.compare_digest(token, form_token(nonce, key))


def _mark(account: Account, key: bytes) -> str:
    return _sign("mark", f"{account.token_hash}{account.disabled_at or ''}", key)[:_MARK_LETTERS]


def _sign(purpose: str, text: str, key: bytes) -> str:
    return hmac.digest(key, f"dashboard:{purpose}:{text}".encode(), "sha256").hex()
