"""The account that `shortlink up` shows, so that a first message needs no set-up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from shortlink.cli.options import USUAL_DATA
from shortlink.config import Settings
from shortlink.domain.account import Account, webhook_secret
from shortlink.domain.errors import AccountUnreadable, NotFound
from shortlink.supervisor.data_directory import DataDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """The demo account; `auth_token` is None where it is not known here: replaced, or of another secret key."""

    sid: str
    auth_token: str | None = field(repr=False)
    webhook_secret: str = field(repr=False)
    unlimited: bool = False  # it may send as fast as it likes


def rotate_command(sid: str, data: Path) -> str:
    """Write the command that gives the demo account of a data directory a token which is known there."""
    return f"shortlink accounts rotate {sid}{_where(data)}"


def limit_command(sid: str, data: Path, rate: float) -> str:
    """Write the command that limits what the demo account of a data directory sends in a second."""
    return f"shortlink accounts set {sid} --send-rate {rate:g}{_where(data)}"


def _where(data: Path) -> str:
    return "" if data.absolute() == USUAL_DATA.absolute() else f" --data {shlex.quote(str(data))}"


def open_demo_account(directory: DataDirectory, settings: Settings, *, real: bool = False) -> DemoAccount:
    """Open the demo account of a data directory; makes one where there is none.

    One that is made has no limits, for whoever tries things out and measures, unless its messages are `real`: there a
    loop without end costs money, and the installation's limits hold.
    One that the operator has disabled stays so, and is shown all the same. One whose token was replaced in the
    dashboard stays the demo account, with all its messages: its owner has the token. So does one that cannot be read,
    with its first webhook secret.
    """
    from shortlink.bootstrap.operations import open_accounts

    desk = open_accounts(settings)
    known = directory.demo_account()
    sid = str(known.get("sid", ""))
    token: str | None = str(known.get("auth_token", ""))
    try:
        account = desk.get(sid)
        if not account.disabled and not desk.check(sid, str(token)):
            token = None
    except NotFound:
        new = desk.add("demo") if real else desk.add("demo", send_rate=0, list_rate=0)
        sid, token = new.sid, new.auth_token
        directory.keep_demo_account(sid=sid, auth_token=token)
    except AccountUnreadable:  # which was logged, and keeps no other account from being served
        return DemoAccount(sid=sid, auth_token=None, webhook_secret=webhook_secret(sid, 1, settings.key))
    unlimited = _send_rate_of(desk.get(sid), settings) <= 0
    return DemoAccount(sid=sid, auth_token=token, webhook_secret=desk.secret(sid), unlimited=unlimited)


def _send_rate_of(account: Account, settings: Settings) -> float:
    """Say how much an account may send in a second; 0 is no limit."""
    return settings.send_rate if account.send_rate is None else account.send_rate
