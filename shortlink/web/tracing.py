"""A span a request: method, route, status and request id, never an address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from flask import Flask, Response, g, request

from shortlink.telemetry.spans import PARENT, begin_served, end_served, maker
from shortlink.web.context import request_id
from shortlink.web.express import Answer, Headers

_SEND = "xoxzo.send"  # the view's name and its route, so that a span does not tell who answered
_SEND_ROUTE = "/sms/messages"
Lane = Callable[[Headers, bytes], Awaitable[Answer | None]]


def register_tracing(app: Flask) -> None:
    """Make an app tell of each request, if this process traces at all."""
    if maker() is None:
        return
    app.before_request(_begin)
    app.after_request(_end)


def trace_sends(send: Lane) -> Lane:
    """Put a span around each send that the lane answers itself; without traces it is the lane itself."""
    making = maker()
    if making is None:
        return send

    async def run(headers: Headers, body: bytes) -> Answer | None:
        parent = {name: value for name in PARENT if (value := headers.get(name)) is not None}
        begun = begin_served(making, "POST", _SEND, parent)
        answer = await send(headers, body)
        if answer is not None:  # else the view makes one of its own, and this one is never sent
            status, told, _ = answer
            own_id = dict(told)["X-Request-Id"]
            end_served(making, begun, method="POST", route=_SEND_ROUTE, status=status, own_id=own_id)
        return answer

    return run


def _begin() -> None:
    making = maker()
    if making is not None:
        parent = {name: request.headers[name] for name in PARENT if name in request.headers}
        g.span = begin_served(making, request.method, request.endpoint, parent)


def _end(response: Response) -> Response:
    making, begun = maker(), g.pop("span", None)
    if making is not None and begun is not None:
        route = request.url_rule.rule if request.url_rule is not None else None
        status = response.status_code
        end_served(making, begun, method=request.method, route=route, status=status, own_id=request_id())
    return response
