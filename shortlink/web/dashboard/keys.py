"""API keys: the SID, a new token, the secret that signs callbacks."""

from __future__ import annotations

from flask import render_template

from shortlink.domain.account import SECRET_OVERLAP_MS
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import continue_as, dashboard, desk


@dashboard.get("/keys")
def show_keys() -> str:
    """Show what identifies the account."""
    return _page()


@dashboard.post("/keys/token")
def rotate_token() -> str:
    """Replace the token and show the new one, this once.

    Every session of the old token is over. The one that asked goes on as a new session, whose forms differ: sent
    again by a reload, the form is out of date and replaces nothing.
    """
    token = _accounts().rotate_token(account().sid)
    continue_as(desk().begin(_accounts().get(account().sid)))
    return _page(token=token)


@dashboard.post("/keys/secret/show")
def show_secret() -> str:
    """Show the secret that signs callbacks."""
    return _page(secret=_accounts().secret(account().sid))


@dashboard.post("/keys/secret")
def rotate_secret() -> str:
    """Replace the secret that signs callbacks and show it; the old one signs as well for two days."""
    secret = _accounts().rotate_secret(account().sid)
    continue_as(desk().begin(_accounts().get(account().sid)))
    return _page(secret=secret, is_new_secret=True)


def _accounts() -> AccountDesk:
    known = services()
    return AccountDesk(known.accounts, known.settings.key)


def _page(token: str = "", secret: str = "", *, is_new_secret: bool = False) -> str:
    return render_template(
        "dashboard/keys.html",
        token=token,
        secret=secret,
        is_new_secret=is_new_secret,
        overlap_hours=SECRET_OVERLAP_MS // 3_600_000,
    )
