"""The way in: who may see a page, which headers it carries, and what its frame shows."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.errors import AccountUnreadable
from shortlink.use_cases.read_archive import TAGS_LISTED, ArchiveDesk
from shortlink.use_cases.sign_in import SignedIn, SignInDesk
from shortlink.web.context import account, services, set_account
from shortlink.web.dashboard import words
from shortlink.web.dashboard.assets import answer_file, fingerprint
from shortlink.web.dashboard.choice import address_of
from shortlink.web.dashboard.cookies import (
    FIELD,
    PATH,
    form_is_ours,
    put_session,
    sealed_sessions,
    token_for,
    visit_nonce,
)
from shortlink.web.dashboard.menu import SECTIONS
from shortlink.web.dashboard.presentation import FILTERS, mark, reader_zone
from shortlink.web.dashboard.return_page import page_around, page_asked_for, page_of_form

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OPEN = frozenset({"dashboard.show_sign_in", "dashboard.sign_in"})
ASKS = frozenset({"dashboard.search_messages"})  # forms that change nothing, on pages with the same path

dashboard = Blueprint("dashboard", __name__, url_prefix=PATH, template_folder="templates")
for _name, _filter in FILTERS.items():
    dashboard.add_app_template_filter(_filter, f"ui_{_name}")
dashboard.add_app_template_test(lambda tags: len(tags) < TAGS_LISTED, "ui_all_tags")


@dashboard.before_request
def let_in() -> BaseResponse | None:
    """Lead whoever is not signed in to where one signs in; refuse forms that did not stand on our pages.

    404 behind several slashes, of which Werkzeug makes one: a proxy's rule for `/dashboard` may not know them.
    """
    if request.environ["PATH_INFO"].startswith("//"):
        abort(404)
    if request.endpoint == "dashboard.show_file":
        return None
    signed_in = _recognised()
    if signed_in is not None:
        g.session = signed_in.session
        set_account(signed_in.account)
    elif request.endpoint not in OPEN:
        return ask_to_sign_in()
    if request.method == "POST" and not form_is_ours(_nonce_of_form()):
        abort(400)
    return None


def _recognised() -> SignedIn | None:
    """Tell who sends this request; a session of a damaged account keeps nobody from logging in to another."""
    try:
        return next(filter(None, map(desk().recognise, sealed_sessions())), None)
    except AccountUnreadable:
        if request.endpoint in OPEN:
            return None
        raise


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


def renew_session() -> None:
    """Go on as a new session: a form of the old one, which a reload sends again, is out of date and does nothing.

    It is begun for the account as this request found it: with a token that was replaced meanwhile, it is over.
    """
    continue_as(desk().begin(account()))


def archive() -> ArchiveDesk:
    """Return what reads the archive of events."""
    reader = services().archive
    return ArchiveDesk(events=reader.events, messages=reader.messages, figures=reader.figures)


def is_unchanged(newest: int) -> bool:
    """Whether a page asks for news when there are none: it names the newest event that it shows, and its day."""
    return is_part() and request.args.get("after") == mark(newest)


def is_part() -> bool:
    """Whether a page asks for a part of itself, which htmx puts into its place."""
    return request.headers.get("HX-Request") == "true"


def ask_to_sign_in() -> BaseResponse:
    """Lead to the page where one signs in, and afterwards back to the page that was asked for."""
    if is_part():
        there = url_for("dashboard.show_sign_in", next=page_around())
        return Response(status=401, headers={"HX-Redirect": there})
    if request.endpoint == "dashboard.sign_out":
        return redirect(url_for("dashboard.show_sign_in"), 303)
    if request.method == "GET" or request.endpoint in ASKS:
        return redirect(url_for("dashboard.show_sign_in", next=page_asked_for()), 303)
    return redirect(url_for("dashboard.show_sign_in", next=page_of_form(), lost=1), 303)


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
        "sections": SECTIONS,
        "address_of": address_of,
        "section": (request.endpoint or "").rpartition(".")[2],
        "zone": str(reader_zone()),
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
    """Answer one of our few small files."""
    found = answer_file(name)
    if found is None:
        abort(404)
    return found


def asset(name: str) -> str:
    """Write the address of a file of ours, named after its content."""
    return url_for("dashboard.show_file", name=name, v=fingerprint(name))
