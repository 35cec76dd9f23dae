"""List and change opt-outs by hand."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.opt_out import OptOut, OptOutReason
from shortlink.storage.accounts import AccountStore
from shortlink.storage.opt_outs import OptOutStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutDesk:
    """What an operator does with opt-outs. Every method raises NotFound for an account that does not exist."""

    accounts: AccountStore
    opt_outs: OptOutStore

    def list(self, sid: str, number: str | None = None) -> list[OptOut]:
        """List an account's opt-outs, oldest first, or that of one number (E.164), if it has opted out."""
        self.accounts.get(sid)
        found = self.opt_outs.list(sid)
        if number is None:
            return found
        digest = self.opt_outs.digest(number)
        return [one for one in found if one.digest == digest]

    def change(self, sid: str, number: str, *, out: bool) -> bool:
        """Opt a number out, or in again; False when it stood like that already."""
        self.accounts.get(sid)
        return self.opt_outs.change(sid, number, out=out, reason=OptOutReason.OPERATOR)
