"""The account store."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from redis.exceptions import ResponseError

from shortlink.domain.account import Account, AccountChanged, AccountExists
from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import AccountUnreadable, NotFound
from shortlink.storage import keys
from shortlink.storage.account_fields import pack_account, unpack_account
from shortlink.storage.connection import Store
from shortlink.storage.faults import is_wrong_type
from shortlink.storage.record_reader import NO_HASH, NO_TEXT, ask_each
from shortlink.storage.scripts import Script
from shortlink.storage.seldom import Seldom
from shortlink.storage.steps import Result, Steps, pairs_of

log = logging.getLogger(__name__)


class AccountStore:
    """Accounts by their SID.

    One that somebody needs and that cannot be read is logged, once an hour at most, and keeps nobody from another.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._add = Script(store, "add_account")
        self._change = Script(store, "change_account")
        self._told = Seldom()

    def add(self, account: Account) -> None:
        """Keep a new account. Raises AccountExists."""
        if not self.add_fields(account.sid, pack_account(asdict(account))):
            raise AccountExists(f"there is an account {account.sid} already")

    def add_fields(self, sid: str, fields: Mapping[str, str]) -> bool:
        """Keep a new account as it is stored, whole or not at all; False when its SID is known."""
        names = [keys.account(sid), keys.ACCOUNTS, *_closed_accounts()]
        packed = [part for name, value in fields.items() if value for part in (name, value)]
        return bool(self._add(names, [sid, *packed]) == "new")

    def change(self, sid: str, *, seen: Mapping[str, object] | None = None, **values: object) -> Account:
        """Change fields as `write` does, and return the account as it is then. Raises AccountUnreadable then too."""
        fields = self.write(sid, seen=seen, **values)
        with self._noting(sid):
            return unpack_account(sid, fields)

    def write(self, sid: str, *, seen: Mapping[str, object] | None = None, **values: object) -> dict[str, str]:
        """Change these fields of an account and no others, in one step, whatever else of it is damaged.

        Closed, its links lead nowhere from the next tap on. With `seen`, nothing is changed unless these fields still
        have these values. Returns all as it is stored then. Raises NotFound, AccountChanged, and AccountUnreadable
        where it is no hash.
        """
        names = [keys.account(sid), *(_closed_accounts() if "disabled" in values else [])]
        pairs = [*pack_account(seen or {}).items(), *pack_account(values).items()]
        with self._noting(sid):
            outcome, *fields = self._change(names, [sid, len(seen or {}), *(part for pair in pairs for part in pair)])
        if outcome == "none":
            raise NotFound(f"there is no account {sid}")
        if outcome == "changed":
            raise AccountChanged(f"account {sid} was changed by somebody else meanwhile")
        return pairs_of(fields)

    def get(self, sid: str) -> Account:
        """Read one account. Raises NotFound and AccountUnreadable."""
        return self.perform(self.get_steps(sid))

    def owner(self, sid: str) -> Account:
        """Read whose something owed is; a missing account is AccountUnreadable too, as none is ever removed."""
        try:
            return self.get(sid)
        except NotFound:
            with self._noting(sid):
                raise AccountUnreadable(sid, "there is none of this SID any more") from None

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation on the calling thread."""
        return self._store.line.perform(steps)

    def get_steps(self, sid: str) -> Steps[Account]:
        """Read one account as `get` does, on any line."""
        with self._noting(sid):
            fields = pairs_of((yield ("HGETALL", keys.account(sid))))
            if not fields:
                raise NotFound(f"there is no account {sid}")
            return unpack_account(sid, fields)

    def sids(self) -> Sequence[str]:
        """List the SIDs of all accounts, of those that cannot be read too."""
        return sorted(str(sid) for sid in self._store.smembers(keys.ACCOUNTS))

    def list(self) -> Sequence[Account]:
        """Read all accounts that can be read, oldest first."""
        found = [one for one in self._read_all() if isinstance(one, Account)]
        return sorted(found, key=lambda one: one.created_at)

    def damaged(self) -> Sequence[AccountUnreadable]:
        """Say of each account that cannot be read why, by SID."""
        return [one for one in self._read_all() if isinstance(one, AccountUnreadable)]

    def _read_all(self) -> Iterator[Account | AccountUnreadable]:
        sids = self.sids()
        answers = ask_each(self._store, [("HGETALL", keys.account(sid)) for sid in sids])
        for sid, answer in zip(sids, answers, strict=True):
            try:
                with _telling(sid):
                    if isinstance(answer, Exception):
                        raise answer
                    if answer:
                        yield unpack_account(sid, answer)
            except AccountUnreadable as error:
                yield error

    @contextmanager
    def _noting(self, sid: str) -> Iterator[None]:
        """Log what cannot be read of an account, seldom for the same one, and raise it as AccountUnreadable."""
        try:
            with _telling(sid):
                yield
        except AccountUnreadable as error:
            if self._told.is_due(sid, time.monotonic()):
                log.error("%s; its messages and callbacks wait until it is mended: %s", error, error.mend)
            raise


@contextmanager
def _telling(sid: str) -> Iterator[None]:
    """Raise as AccountUnreadable what the store or its client says of an account that cannot be read."""
    try:
        yield
    except UnicodeDecodeError:
        raise AccountUnreadable(sid, NO_TEXT) from None
    except ResponseError as error:
        if not is_wrong_type(error):
            raise  # a fault of ours
        raise AccountUnreadable(sid, NO_HASH) from None


def _closed_accounts() -> list[str]:
    return [keys.closed_accounts(partition) for partition in PARTITIONS]
