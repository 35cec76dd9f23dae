"""Pages for people: who asks for one, and the answers to those who open short links, as Flask's responses."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from shortlink.dialects import link_answers
from shortlink.dialects.link_answers import LinkAnswer
from shortlink.web.context import services


def respond(answer: LinkAnswer, extra: Mapping[str, str] | None = None) -> Response:
    """Make a response of an answer and the headers that this request adds to it."""
    response = Response(answer.body, answer.status, headers=[*answer.headers, *(extra or {}).items()])
    if "Content-Type" not in dict(answer.headers):
        response.headers.pop("Content-Type", None)  # Flask's own, where there is nothing to have a type
    return response


def link_page(status: int, extra: Mapping[str, str] | None = None) -> Response:
    """Write the page for a status, in Japanese where the browser prefers it and in English elsewhere."""
    language, home = request.headers.get("Accept-Language", ""), services().settings.link_home_url
    return respond(link_answers.link_page(status, language, home), extra)


def asks_for_a_page() -> bool:
    """Say whether HTML is asked for by name, as every browser does; a program that takes anything means no page."""
    return any(kind == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
