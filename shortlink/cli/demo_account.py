"""The account that `shortlink up` shows, so that a first message needs no set-up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from shortlink.cli.options import USUAL_DATA
from shortlink.config import Settings
from shortlink.domain.account import webhook_secret
from shortlink.domain.errors import AccountUnreadable, NotFound
from shortlink.supervisor.data_directory import DataDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """The demo account; `auth_token` is None where it is not known here: replaced, or of another secret key."""

    sid: str
    auth_token: str | None = field(repr=False)
    webhook_secret: str = field(repr=False)


def rotate_command(sid: str, data: Path) -> str:
    """Write the command that gives the demo account of a data directory a token which is known there."""
    where = "" if data.absolute() == USUAL_DATA.absolute() else f" --data {shlex.quote(str(data))}"
    return f"shortlink accounts rotate {sid}{where}"


def open_demo_account(directory: DataDirectory, settings: Settings) -> DemoAccount:
    """Open the demo account of a data directory; makes one where there is none.

    One that the operator has disabled stays so, and is shown all the same. One whose token was replaced in the
    dashboard stays the demo account, with all its messages: its owner has the token. So does one that cannot be read,
    with its first webhook secret.
    """
    from shortlink.bootstrap import open_accounts

    desk = open_accounts(settings)
    known = directory.demo_account()
    sid = str(known.get("sid", ""))
    token: str | None = str(known.get("auth_token", ""))
    try:
        account = desk.get(sid)
        if not account.disabled and not desk.check(sid, str(token)):
            token = None
    except NotFound:
        new = desk.add("demo", send_rate=0, list_rate=0)  # a developer tries things out, and measures
        sid, token = new.sid, new.auth_token
        directory.keep_demo_account(sid=sid, auth_token=token)
    except AccountUnreadable:  # which was logged, and keeps no other account from being served
        return DemoAccount(sid=sid, auth_token=None, webhook_secret=webhook_secret(sid, 1, settings.key))
    return DemoAccount(sid=sid, auth_token=token, webhook_secret=desk.secret(sid))
