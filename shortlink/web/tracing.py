"""A span a request: method, route, status and request id, never an address."""

from __future__ import annotations

from flask import Flask, Response, g, request

from shortlink.telemetry.spans import maker
from shortlink.web.context import request_id

_PARENT = ("traceparent", "tracestate")


def register_tracing(app: Flask) -> None:
    """Make an app tell of each request, if this process traces at all."""
    if maker() is None:
        return
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    making = maker()
    if making is not None:
        parent = {name: request.headers[name] for name in _PARENT if name in request.headers}
        g.span = making.begin(f"{request.method} {request.endpoint or 'nothing'}", parent, serves=True)


def _end(response: Response) -> Response:
    making, begun = maker(), g.pop("span", None)
    if making is not None and begun is not None:
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "http.response.status_code": response.status_code,
            "shortlink.request_id": request_id(),
        }
        if request.url_rule is not None:
            attributes["http.route"] = request.url_rule.rule
        making.end(begun, attributes, failed=response.status_code >= 500)
    return response
