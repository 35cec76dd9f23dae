"""`/openapi.json`, and `/docs`, which shows it: one page without scripts that needs nothing from elsewhere."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, render_template

from shortlink.web.context import services
from shortlink.web.openapi.document import build_document
from shortlink.web.openapi.page import anchor, page_context
from shortlink.web.openapi.prose import line, paragraphs
from shortlink.web.openapi.words import Json

openapi = Blueprint("openapi", __name__)
openapi.add_app_template_filter(anchor)
openapi.add_app_template_filter(line)
openapi.add_app_template_filter(paragraphs)

_STYLE = Path(__file__).with_name("docs.css")
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@openapi.get("/openapi.json")
def show_document() -> Response:
    """Answer the OpenAPI document of this installation."""
    return Response(json.dumps(_document(), ensure_ascii=False), content_type="application/json")


@openapi.get("/docs")
def show_docs() -> Response:
    """Answer the page for people."""
    return Response(render_template("docs.html", **page_context(_document())), headers=PAGE_HEADERS)


@openapi.get("/docs/docs.css")
def show_style() -> Response:
    """Answer the page's style."""
    return Response(_STYLE.read_text(encoding="utf-8"), content_type="text/css; charset=utf-8")


def _document() -> Json:
    settings = services().settings
    return _built(settings.api_url, settings.link_url, settings.fail_word)


@lru_cache(maxsize=4)
def _built(api_url: str, link_url: str, fail_word: str) -> Json:
    return build_document(api_url=api_url, link_url=link_url, fail_word=fail_word)
