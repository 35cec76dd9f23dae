"""The bare address: in a browser it shows where to go, and at the short domain it leads to whose that is."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, render_template, request

from shortlink.web.context import services
from shortlink.web.openapi.routes import PAGE_HEADERS
from shortlink.web.pages import asks_for_a_page, link_page
from shortlink.web.redirect import Redirect

front = Blueprint("front", __name__)


@front.get("/")
def show_front() -> Response:
    """Show people the way; to a program there is nothing at this address."""
    if _is_short_domain():
        home = services().settings.link_home_url
        return Redirect(home) if home else link_page(404)
    if not asks_for_a_page():
        abort(404)
    return Response(render_template("front.html"), headers=PAGE_HEADERS | {"Vary": "Accept"})


def _is_short_domain() -> bool:
    """Whether the short domain was asked, where this door serves it as well under a name of its own."""
    settings = services().settings
    short, own = (urlsplit(url).netloc.lower() for url in (settings.link_url, settings.api_url))
    return short != own and request.host.lower() == short
