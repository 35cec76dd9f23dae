"""The way in: who may see a page, which headers it carries, and what a page looks like when something is wrong."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.errors import ArchiveUnavailable, NotFound, StoreUnavailable
from shortlink.use_cases.read_archive import ArchiveDesk
from shortlink.use_cases.sign_in import SignedIn, SignInDesk
from shortlink.web.answers import RETRY_SECONDS
from shortlink.web.context import account, request_id, services, set_account
from shortlink.web.dashboard import words
from shortlink.web.dashboard.cookies import (
    FIELD,
    PATH,
    form_is_ours,
    put_session,
    sealed_sessions,
    token_for,
    visit_nonce,
)
from shortlink.web.dashboard.presentation import FILTERS
from shortlink.web.errors import note_store_unavailable, note_unexpected

STATIC = Path(__file__).with_name("static")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SINCE = "HTTP_IF_MODIFIED_SINCE"
FOR_EVER = 365 * 24 * 3600
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
OPEN = frozenset({"dashboard.show_sign_in", "dashboard.sign_in"})
ASKS = frozenset({"dashboard.search_messages"})  # forms that change nothing, on pages with the same path

dashboard = Blueprint("dashboard", __name__, url_prefix=PATH, template_folder="templates")
for _name, _filter in FILTERS.items():
    dashboard.add_app_template_filter(_filter, f"ui_{_name}")


@dashboard.before_request
def let_in() -> BaseResponse | None:
    """Lead whoever is not signed in to where one signs in; refuse forms that did not stand on our pages."""
    if request.endpoint == "dashboard.show_file":
        return None
    signed_in = next(filter(None, map(desk().recognise, sealed_sessions())), None)
    if signed_in is not None:
        g.session = signed_in.session
        set_account(signed_in.account)
    elif request.endpoint not in OPEN:
        return ask_to_sign_in()
    if request.method == "POST" and not form_is_ours(_nonce_of_form()):
        abort(400)
    return None


def desk() -> SignInDesk:
    """Return what signs people in."""
    known = services()
    return SignInDesk(accounts=known.accounts, limits=known.limits, key=known.settings.key)


def is_signed_in() -> bool:
    """Whether this request belongs to a session."""
    return "session" in g


def nonce() -> str:
    """Return what this browser's form tokens are made of."""
    return str(g.session.nonce) if is_signed_in() else _nonce_of_visit()


def _nonce_of_visit() -> str:
    if "visit" not in g:
        g.visit = visit_nonce()
    return str(g.visit)


def _nonce_of_form() -> str:
    """Return what the token of the form that was sent must be made of."""
    if request.endpoint == "dashboard.sign_in":  # shown to visitors only, and perhaps signed in from another tab since
        return _nonce_of_visit()
    return nonce()


def continue_as(signed_in: SignedIn) -> None:
    """Let this browser go on with another session than it came with."""
    g.session = signed_in.session
    g.is_new_session = True
    set_account(signed_in.account)


def archive() -> ArchiveDesk:
    """Return what reads the archive of events."""
    reader = services().archive
    return ArchiveDesk(events=reader.events, messages=reader.messages, figures=reader.figures)


def is_unchanged(newest: int) -> bool:
    """Whether a page asks for news when there are none: it names the newest event that it shows."""
    return is_part() and request.args.get("after") == str(newest)


def is_part() -> bool:
    """Whether a page asks for a part of itself, which htmx puts into its place."""
    return request.headers.get("HX-Request") == "true"


def ask_to_sign_in() -> BaseResponse:
    """Lead to the page where one signs in, and afterwards back to the page that was asked for."""
    if is_part():
        _, ours, rest = request.headers.get("HX-Current-URL", "").partition("#")[0].partition(f"{PATH}/")
        there = url_for("dashboard.show_sign_in", next=ours + rest or None)
        return Response(status=401, headers={"HX-Redirect": there})
    wanted = request.full_path.rstrip("?") if request.method == "GET" or request.endpoint in ASKS else None
    return redirect(url_for("dashboard.show_sign_in", next=wanted), 303)


@dashboard.after_request
def complete(response: Response) -> Response:
    """Add what keeps a page to itself."""
    if g.get("is_new_session"):
        put_session(response, g.session)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@dashboard.context_processor
def offer_words() -> dict[str, object]:
    """Give every page what its frame shows."""
    return {
        "sections": words.SECTIONS,
        "section": (request.endpoint or "").rpartition(".")[2],
        "who": account() if is_signed_in() else None,
        "seal": seal,
        "asset": asset,
        "words": words,
        "api_url": services().settings.api_url,
        "link_url": services().settings.link_url,
    }


def seal() -> Markup:
    """Write the field that every form carries, to show that it stood on a page of ours."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_for(nonce()))


@dashboard.get("/static/<name>")
def show_file(name: str) -> Response:
    """Answer one of our few small files; under the name of its content a browser may keep it for ever."""
    content = _content(name)
    if content is None:
        abort(404)
    answer = Response(content, content_type=f"{KINDS[Path(name).suffix]}; charset=utf-8")
    answer.cache_control.public = True
    answer.cache_control.max_age = FOR_EVER if request.args.get("v") == _fingerprint(name) else 0
    answer.add_etag()
    # Our files have no date that If-Modified-Since could be held against, and one beyond reckoning would raise.
    answer.make_conditional({name: given for name, given in request.environ.items() if name != _SINCE})
    return answer


def asset(name: str) -> str:
    """Write the address of a file of ours, named after its content."""
    return url_for("dashboard.show_file", name=name, v=_fingerprint(name))


@lru_cache(maxsize=32)
def _fingerprint(name: str) -> str:
    return hashlib.sha256(_content(name) or b"").hexdigest()[:12]


@lru_cache(maxsize=32)
def _content(name: str) -> bytes | None:
    path = STATIC / name
    return path.read_bytes() if path.parent == STATIC and path.is_file() and path.suffix in KINDS else None


@dashboard.route("/<path:_>", methods=["GET", "POST"])
def find_nothing(_: str) -> BaseResponse:
    """Answer for every address below the dashboard that is no page."""
    abort(404)


@dashboard.errorhandler(NotFound)
def say_not_found(_: NotFound) -> Response:
    """Answer for what is not there or belongs to another account."""
    return problem_page(404)


@dashboard.errorhandler(ArchiveUnavailable)
def say_no_archive(error: ArchiveUnavailable) -> Response:
    """Answer where the archive is needed, and say what is to be done about it."""
    return Response(render_template("dashboard/no_archive.html", reason=str(error)), 503)


@dashboard.errorhandler(StoreUnavailable)
def say_try_again(error: StoreUnavailable) -> Response:
    """Answer while the store is away."""
    note_store_unavailable(error)
    return problem_page(503, retry_seconds=RETRY_SECONDS)


@dashboard.errorhandler(HTTPException)
def say_what_is_wrong(error: HTTPException) -> Response:
    """Answer for a request that cannot be answered."""
    if isinstance(error.response, Response):
        return error.response
    return problem_page(error.code or 500)


@dashboard.errorhandler(Exception)
def say_sorry(error: Exception) -> Response:
    """Answer for a fault of ours."""
    note_unexpected(error)
    return problem_page(500)


def problem_page(status: int, *, retry_seconds: int | None = None, advice: str = "") -> Response:
    """Write a small page that says what is wrong and what to do, with `advice` if it is known better."""
    title, usual = words.problem_words(status)
    shown = render_template(
        "dashboard/problem.html",
        status=status,
        said=(title, advice or usual),
        phrase=HTTPStatus(status).phrase,
        request_id=request_id(),
    )
    headers = {} if retry_seconds is None else {"Retry-After": str(retry_seconds)}
    return Response(shown, status, headers=headers)
