"""The dashboard's cookies: the session, what a form token is made of before there is one, and the time zone."""

from __future__ import annotations

from flask import Response, request

from shortlink.domain.session import SESSION_MS, Session, form_token, form_token_matches, new_nonce, seal_session
from shortlink.web.context import services

SESSION = "shortlink_session"
VISIT = "shortlink_visit"  # a nonce for the form that signs in, which nobody else's page can know
ZONE = "shortlink_zone"  # written by dashboard.js: the time zone of the reader
PATH = "/dashboard"
FIELD = "form_token"
_NONCE_LENGTH = 32
_MOST = 4  # cookies of one name that are looked at
_VISIT_SECONDS = 24 * 3600


def sealed_sessions() -> list[str]:
    """Read what may be this browser's session.

    On plain connections another site below the same domain can set a cookie of the same name; one of its own kind alone
    keeps nobody out.
    """
    return request.cookies.getlist(cookie_name(SESSION))[:_MOST]


def put_session(response: Response, session: Session) -> None:
    """Give a browser its session; out of reach of scripts, other sites and, on https, plain connections."""
    _put(response, SESSION, seal_session(session, services().settings.key), seconds=SESSION_MS // 1000)


def drop_session(response: Response) -> None:
    """Take a browser's session away."""
    response.delete_cookie(cookie_name(SESSION), path=_path(), secure=_is_secure(), httponly=True, samesite="Lax")


def visit_nonce() -> str:
    """Read the nonce of a browser that is not signed in, or draw one."""
    given = request.cookies.getlist(cookie_name(VISIT))[:_MOST]
    known = (one for one in given if len(one) == _NONCE_LENGTH and one.isascii() and one.isalnum())
    return next(known, None) or new_nonce()


def put_visit(response: Response, nonce: str) -> None:
    """Give a browser the nonce that its form was made with."""
    _put(response, VISIT, nonce, seconds=_VISIT_SECONDS)


def token_for(nonce: str) -> str:
    """Make the token that a page's forms carry."""
    return form_token(nonce, services().settings.key)


def form_is_ours(nonce: str) -> bool:
    """Whether the form that was sent stood on a page of ours, in this session."""
    return form_token_matches(request.form.get(FIELD, ""), nonce, services().settings.key)


def cookie_name(plain: str) -> str:
    """Name a cookie; on https so that browsers take it from this very host only, and never from a neighbour."""
    return f"__Host-{plain}" if _is_secure() else plain


def _put(response: Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=seconds,
        path=_path(),
        httponly=True,
        samesite="Lax",
        secure=_is_secure(),
    )


def _path() -> str:
    return "/" if _is_secure() else PATH  # browsers ask for it where a name begins with __Host-


def _is_secure() -> bool:
    return services().settings.api_url.startswith("https:")
