"""The account store."""

from __future__ import annotations

from dataclasses import asdict

from shortlink.domain.account import Account
from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import NotFound
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.steps import Result, Steps, pairs_of


class AccountStore:
    """Accounts by their SID."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, account: Account) -> None:
        """Write an account whole, new or changed; switched off, its links lead nowhere from the next tap on."""
        fields = {name: _pack(value) for name, value in asdict(account).items() if value is not None}
        pipe = self._store.pipeline()
        pipe.delete(keys.account(account.sid))
        pipe.hset(keys.account(account.sid), items=[part for pair in fields.items() for part in pair])
        pipe.sadd(keys.ACCOUNTS, account.sid)
        for partition in PARTITIONS:
            change = pipe.sadd if account.disabled else pipe.srem
            change(keys.closed_accounts(partition), account.sid)
        pipe.execute()

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


def _pack(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _unpack(fields: dict[str, str]) -> Account:
    rates = {name: float(fields[name]) for name in ("send_rate", "list_rate") if name in fields}
    rotated = fields.get("secret_rotated_at")
    return Account(
        sid=fields["sid"],
        name=fields["name"],
        token_hash=fields["token_hash"],
        created_at=int(fields["created_at"]),
        disabled=fields["disabled"] == "1",
        secret_version=int(fields["secret_version"]),
        secret_rotated_at=int(rotated) if rotated else None,
        hold_unconfirmed=fields["hold_unconfirmed"] == "1",
        opt_outs=fields.get("opt_outs") == "1",
        **rates,
    )
