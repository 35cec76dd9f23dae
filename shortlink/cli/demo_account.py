"""The account that `shortlink up` shows, so that a first message needs no set-up."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.supervisor.data_directory import DataDirectory


def open_demo_account(directory: DataDirectory, settings: Settings) -> tuple[str, str, str]:
    """Return SID, token and webhook secret of the demo account; makes a new one when the known one is of no use.

    One that the operator has disabled stays so, and is shown all the same.
    """
    from shortlink.bootstrap import open_accounts

    desk = open_accounts(settings)
    known = directory.demo_account()
    sid, token = str(known.get("sid", "")), str(known.get("auth_token", ""))
    closed = any(account.sid == sid and account.disabled for account in desk.list())
    if not closed and not desk.check(sid, token):
        new = desk.add("demo", send_rate=0, list_rate=0)  # a developer tries things out, and measures
        sid, token = new.sid, new.auth_token
        directory.keep_demo_account(sid=sid, auth_token=token)
    return sid, token, desk.secret(sid)
