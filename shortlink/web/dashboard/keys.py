"""API keys: the SID, a new token, the secret that signs callbacks."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, render_template
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.account import SECRET_OVERLAP_MS, AccountChanged, TooManyRotations, hash_token
from shortlink.domain.durations import HOUR_MS
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import ask_to_sign_in, continue_as, dashboard, desk, renew_session
from shortlink.web.dashboard.pace import REPLACE, slow_down


@dashboard.get("/keys")
def show_keys() -> str:
    """Show what identifies the account."""
    return _page()


@dashboard.post("/keys/token")
def rotate_token() -> str | BaseResponse:
    """Replace the token and show the new one, this once.

    Every session of the old token is over. The one that asked goes on as a new session, whose forms differ: sent
    again by a reload, the form is out of date and replaces nothing. A session whose own token somebody replaced
    while it asked is over.
    """
    slow_down(REPLACE)
    try:
        token = _accounts().rotate_token(account().sid, instead_of=account())
    except AccountChanged:
        return ask_to_sign_in()
    continue_as(desk().begin(replace(account(), token_hash=hash_token(token, services().settings.key))))
    return _page(token=token)


@dashboard.post("/keys/secret/show")
def show_secret() -> str:
    """Show the secret that signs callbacks."""
    return _page(secret=_accounts().secret(account().sid))


@dashboard.post("/keys/secret")
def rotate_secret() -> str | Response:
    """Replace the secret that signs callbacks and show it; the old one signs as well for two days."""
    slow_down(REPLACE)
    try:
        secret = _accounts().rotate_secret(account().sid)
    except TooManyRotations as error:
        return Response(_page(fault=f"Nothing was changed: {error}."), 409)
    renew_session()
    return _page(secret=secret, is_new_secret=True)


def _accounts() -> AccountDesk:
    known = services()
    return AccountDesk(known.accounts, known.settings.key)


def _page(token: str = "", secret: str = "", *, is_new_secret: bool = False, fault: str = "") -> str:
    return render_template(
        "dashboard/keys.html",
        token=token,
        secret=secret,
        is_new_secret=is_new_secret,
        fault=fault,
        overlap_hours=SECRET_OVERLAP_MS // HOUR_MS,
    )
