"""Tell which account a SID and token belong to."""

from __future__ import annotations

import time
from collections.abc import Callable

from shortlink.domain.account import Account, token_matches
from shortlink.domain.errors import NotFound
from shortlink.storage.accounts import AccountStore
from shortlink.storage.steps import Steps

FRESH_SECONDS = 0.5  # a disabled account or a rotated token must stop working within a second
KEPT_AT_MOST = 10_000


class Authenticator:
    """Checks credentials; remembers accounts for half a second, so that a burst costs one look-up."""

    def __init__(self, accounts: AccountStore, key: bytes, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._key = key
        self._clock = clock
        self._known: dict[str, tuple[float, Account | None]] = {}

    def authenticate(self, sid: str, token: str) -> Account | None:
        """Return the account, or None: unknown, wrong token and disabled look the same to a caller."""
        return self._accounts.perform(self.authenticate_steps(sid, token))

    def authenticate_steps(self, sid: str, token: str) -> Steps[Account | None]:
        """Check credentials as `authenticate` does, on any line."""
        account = yield from self._find(sid)
        if account is None or not token_matches(account, token, self._key) or account.disabled:
            return None
        return account

    def _find(self, sid: str) -> Steps[Account | None]:
        now = self._clock()
        known = self._known.get(sid)
        if known is not None and now - known[0] < FRESH_SECONDS:
            return known[1]
        try:
            account: Account | None = yield from self._accounts.get_steps(sid)
        except NotFound:
            account = None
        if len(self._known) >= KEPT_AT_MOST:
            self._known.clear()
        self._known[sid] = (now, account)
        return account
