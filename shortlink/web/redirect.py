"""The redirect: a short link is opened, the hit is kept, the browser is sent on.

This one works a thread at a time, for an installation of one process; `shortlink.redirect` is the same at speed.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from shortlink.dialects.link_answers import NO_ICON, REDIRECT, RETRY_SECONDS, ROBOTS
from shortlink.domain.click import PURPOSE_HEADERS, Hit, loads_ahead
from shortlink.domain.code import tapped_code
from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.domain.location import location_of
from shortlink.use_cases.follow_link import follow_link
from shortlink.web.context import services
from shortlink.web.errors import http_error, note_store_unavailable, note_unexpected
from shortlink.web.pages import asks_for_a_page, link_page, respond

links = Blueprint("links", __name__)


@links.before_request
def take_one_slash() -> Response | None:
    """Answer 404 behind several slashes, of which Werkzeug would make one."""
    return link_page(404) if request.environ["PATH_INFO"].startswith("//") else None


@links.get("/<code>")
def follow(code: str) -> Response:
    """Redirect to a link's target; the first human click is stored before this answers."""
    known, code = services(), tapped_code(code)
    address = request.remote_addr or ""
    if wait := known.misses.blocks(address):
        return link_page(429, {"Retry-After": str(wait)})
    hit = _hit()
    followed = follow_link(code, hit, known.link_desk)
    if followed.link is not None:
        ahead = known.link_desk.refuse_prefetch and loads_ahead(hit)
        return _not_ahead() if ahead else Redirect(followed.link)
    if followed.standing == "gone":
        return link_page(410)
    if not known.mint.accepts(code):
        return _no_code()
    known.misses.note_miss(address)
    return link_page(404)


def _not_ahead() -> Response:
    """Send a browser away that loads ahead; should it show the page all the same, that tries again by itself."""
    g.measured_as = "prefetch"  # no error of ours
    return _try_again()


def _no_code() -> Response:
    """Answer for what is no code: to a person a cut or mistyped link, to a program an address that is none."""
    return link_page(404) if asks_for_a_page() else abort(404)


def _hit() -> Hit:
    given = request.headers
    return Hit(
        method=request.method,
        user_agent=given.get("User-Agent", ""),
        purpose=",".join(given[name] for name in PURPOSE_HEADERS if name in given),
    )


class Redirect(Response):
    """A redirect whose Location leaves as it is; Werkzeug would encode brackets and drop an empty query."""

    def __init__(self, target: str) -> None:
        super().__init__(status=REDIRECT.status)
        self.headers = Headers([*REDIRECT.headers, ("Location", location_of(target)), ("Content-Length", "0")])

    def get_wsgi_headers(self, environ: object) -> Headers:  # noqa: ARG002
        return self.headers


@links.errorhandler(StoreUnavailable)
def say_try_again(error: StoreUnavailable) -> Response:
    """Answer at once instead of hanging: a phone shows the page and can try again."""
    note_store_unavailable(error)
    return _try_again()


def _try_again() -> Response:
    return link_page(503, {"Retry-After": str(RETRY_SECONDS)})


@links.errorhandler(RecordUnreadable)
def say_damaged(_: RecordUnreadable) -> Response:
    """Answer that the link cannot be opened; where its record was met, the log has said why."""
    return link_page(500)


@links.errorhandler(Exception)
def say_sorry(error: Exception) -> Response:
    """Answer for a fault of ours: a person opened a link, and can read a page."""
    if isinstance(error, HTTPException):
        return http_error(error)
    note_unexpected(error)
    return link_page(500)


@links.get("/robots.txt")
def robots() -> Response:
    """Ask crawlers to stay away."""
    return respond(ROBOTS)


@links.get("/favicon.ico")
def favicon() -> Response:
    """Say that there is no icon, without asking the store."""
    return respond(NO_ICON)
