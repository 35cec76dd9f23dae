"""HTTP Basic authentication; it comes before everything else that can be said about a request."""

from __future__ import annotations

import base64

from flask import Response, request

from shortlink.domain.account import MAX_SID
from shortlink.web.answers import detail
from shortlink.web.context import services, set_account

GUARDED = frozenset({"events", "logfiles", "sms", "webhooks"})  # first parts of the paths that belong to accounts
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="api", charset="UTF-8"'}


def authenticate() -> Response | None:
    """Answer 401 unless the request is open to everybody or an account makes it; for `before_request`.

    Runs even when the path or the method turns out to be wrong: a stranger learns nothing of the API's inside.
    """
    if request.path.split("/", 2)[1] not in GUARDED:
        return None
    given = request.headers.get("Authorization", "")
    if not given:
        return detail(401, "Authentication credentials were not provided.", _CHALLENGE)
    login = read_login(given)
    account = services().authenticator.authenticate(*login) if login else None
    if account is None:
        return detail(401, "Invalid sid/token", _CHALLENGE)
    set_account(account)
    return None


def read_login(given: str) -> tuple[str, str] | None:
    """Read an Authorization header as SID and token; None for what is no HTTP Basic or can be nobody's."""
    scheme, _, packed = given.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        sid, _, token = base64.b64decode(packed.strip(" \t"), validate=True).decode().partition(":")
    except ValueError:  # of its own kind for bad base64 and bad UTF-8, but a plain one for what is not ASCII
        return None
    return (sid, token) if token and 0 < len(sid) <= MAX_SID else None
