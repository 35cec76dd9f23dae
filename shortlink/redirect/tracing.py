"""The door with a span a request: made in its place when this process traces, so that it costs nobody else anything."""

from __future__ import annotations

from shortlink.dialects.link_answers import LinkAnswer
from shortlink.http1.request import Request
from shortlink.redirect.door import Door
from shortlink.redirect.tap import Reply, TapDesk
from shortlink.telemetry.spans import PARENT, SpanMaker, begin_served, end_served

_FIXED = {"/robots.txt": "links.robots", "/favicon.ico": "links.favicon", "/healthz": "alive.healthz"}
_TAP = ("links.follow", "/<code>")


class TracedDoor(Door):
    """Answers as the door does, and tells how long it took: method, route, status and request id, never an address."""

    def __init__(self, desk: TapDesk, making: SpanMaker, *, trusted_proxies: int) -> None:
        super().__init__(desk, trusted_proxies=trusted_proxies)
        self._making = making

    def _answer(self, request: Request, peer: str, own_id: str, reply: Reply) -> None:
        endpoint, route = _place(request.path)
        parent = {name: request.headers[name] for name in PARENT if name in request.headers}
        making, method = self._making, request.method
        begun = begin_served(making, method, endpoint, parent)

        def tell(answer: LinkAnswer, extra: str) -> None:
            reply(answer, extra)
            end_served(making, begun, method=method, route=route, status=answer.status, own_id=own_id)

        try:
            super()._answer(request, peer, own_id, tell)
        except Exception:  # whatever it is: the span ends with it, and the door itself logs and answers it
            end_served(making, begun, method=method, route=route, status=500, own_id=own_id)
            raise


def _place(path: str) -> tuple[str | None, str | None]:
    """Say what answers a path, and its pattern: as Flask's door names them."""
    path = path.removesuffix("/")
    if path in _FIXED:
        return _FIXED[path], path
    return (None, None) if not path.startswith("/") or "/" in path[1:] or not path[1:] else _TAP
