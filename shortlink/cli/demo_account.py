"""The account that `shortlink up` shows, so that a first message needs no set-up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from shortlink.cli.options import USUAL_DATA
from shortlink.config import Settings
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
    dashboard stays the demo account, with all its messages: its owner has the token.
    """
    from shortlink.bootstrap import open_accounts

    desk = open_accounts(settings)
    known = directory.demo_account()
    sid = str(known.get("sid", ""))
    token: str | None = str(known.get("auth_token", ""))
    account = next((one for one in desk.list() if one.sid == sid), None)
    if account is None:
        new = desk.add("demo", send_rate=0, list_rate=0)  # a developer tries things out, and measures
        sid, token = new.sid, new.auth_token
        directory.keep_demo_account(sid=sid, auth_token=token)
    elif not account.disabled and not desk.check(sid, str(token)):
        token = None
    return DemoAccount(sid=sid, auth_token=token, webhook_secret=desk.secret(sid))
