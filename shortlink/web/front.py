"""The front page: whoever opens the bare address in a browser is shown where to go."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from shortlink.web.openapi.routes import PAGE_HEADERS
from shortlink.web.pages import asks_for_a_page

front = Blueprint("front", __name__)


@front.get("/")
def show_front() -> Response:
    """Show people the way; to a program there is nothing at this address."""
    if not asks_for_a_page():
        abort(404)
    return Response(render_template("front.html"), headers=PAGE_HEADERS | {"Vary": "Accept"})
