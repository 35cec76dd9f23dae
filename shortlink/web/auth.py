"""HTTP Basic authentication; it comes before everything else that can be said about a request."""

from __future__ import annotations

from flask import Response, request

from shortlink.web.answers import detail
from shortlink.web.context import services, set_account

GUARDED = frozenset({"events", "logfiles", "sms", "webhooks"})  # first parts of the paths that belong to accounts
MAX_SID = 64
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="api", charset="UTF-8"'}


def authenticate() -> Response | None:
    """Answer 401 unless the request is open to everybody or an account makes it; for `before_request`.

    Runs even when the path or the method turns out to be wrong: a stranger learns nothing of the API's inside.
    """
    if request.path.split("/", 2)[1] not in GUARDED:
        return None
    given = request.authorization
    if given is None and not request.headers.get("Authorization", "").lower().startswith("basic"):
        return detail(401, "Authentication credentials were not provided.", _CHALLENGE)
    sid = given.username if given else None
    token = given.password if given else None
    if not sid or not token or len(sid) > MAX_SID:
        return detail(401, "Invalid sid/token", _CHALLENGE)
    account = services().authenticator.authenticate(sid, token)
    if account is None:
        return detail(401, "Invalid sid/token", _CHALLENGE)
    set_account(account)
    return None
