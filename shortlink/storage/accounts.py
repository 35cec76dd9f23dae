"""The account store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from shortlink.domain.account import Account, AccountChanged, AccountExists
from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import NotFound
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script
from shortlink.storage.steps import Result, Steps, pairs_of


class AccountStore:
    """Accounts by their SID."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._add = Script(store, "add_account")
        self._change = Script(store, "change_account")

    def add(self, account: Account) -> None:
        """Keep a new account. Raises AccountExists."""
        if not self.add_fields(account.sid, _pack(asdict(account))):
            raise AccountExists(f"there is an account {account.sid} already")

    def add_fields(self, sid: str, fields: Mapping[str, str]) -> bool:
        """Keep a new account as it is stored, whole or not at all; False when its SID is known."""
        names = [keys.account(sid), keys.ACCOUNTS, *_closed_accounts()]
        packed = [part for name, value in fields.items() if value for part in (name, value)]
        return bool(self._add(names, [sid, *packed]) == "new")

    def change(self, sid: str, *, seen: Mapping[str, object] | None = None, **values: object) -> Account:
        """Change these fields of an account and no others, in one step, and return it as it is then.

        Closed, its links lead nowhere from the next tap on. With `seen`, nothing is changed unless these fields still
        have these values. Raises NotFound and AccountChanged.
        """
        names = [keys.account(sid), *(_closed_accounts() if "disabled" in values else [])]
        pairs = [*_pack(seen or {}).items(), *_pack(values).items()]
        outcome, *fields = self._change(names, [sid, len(seen or {}), *(part for pair in pairs for part in pair)])
        if outcome == "none":
            raise NotFound(f"there is no account {sid}")
        if outcome == "changed":
            raise AccountChanged(f"account {sid} was changed by somebody else meanwhile")
        return _unpack(pairs_of(fields))

    def get(self, sid: str) -> Account:
        """Read one account. Raises NotFound."""
        return self.perform(self.get_steps(sid))

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation on the calling thread."""
        return self._store.line.perform(steps)

    def get_steps(self, sid: str) -> Steps[Account]:
        """Read one account as `get` does, on any line."""
        fields = pairs_of((yield ("HGETALL", keys.account(sid))))
        if not fields:
            raise NotFound(f"there is no account {sid}")
        return _unpack(fields)

    def list(self) -> list[Account]:
        """Read all accounts, oldest first."""
        pipe = self._store.pipeline(transaction=False)
        for sid in self._store.smembers(keys.ACCOUNTS):
            pipe.hgetall(keys.account(str(sid)))
        return sorted((_unpack(fields) for fields in pipe.execute() if fields), key=lambda one: one.created_at)


def _closed_accounts() -> list[str]:
    return [keys.closed_accounts(partition) for partition in PARTITIONS]


def _pack(values: Mapping[str, object]) -> dict[str, str]:
    """Write values as they are stored; "" stands for none, which is not stored."""
    return {name: _pack_one(value) for name, value in values.items()}


def _pack_one(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _unpack(fields: dict[str, str]) -> Account:
    rates = {name: float(fields[name]) for name in ("send_rate", "list_rate") if name in fields}
    return Account(
        sid=fields["sid"],
        name=fields["name"],
        token_hash=fields["token_hash"],
        created_at=int(fields["created_at"]),
        disabled=fields["disabled"] == "1",
        disabled_at=int(fields["disabled_at"]) if "disabled_at" in fields else None,
        secret_version=int(fields["secret_version"]),
        secret_rotated_at=tuple(map(int, fields.get("secret_rotated_at", "").split())),
        hold_unconfirmed=fields["hold_unconfirmed"] == "1",
        opt_outs=fields.get("opt_outs") == "1",
        **rates,
    )
