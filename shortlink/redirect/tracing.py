"""The door with a span a request: made in its place when this process traces, so that it costs nobody else anything."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.http1.exchange import Exchange, Stream
from shortlink.http1.request import Request
from shortlink.http1.wire import status_of
from shortlink.redirect.door import Door, only_part
from shortlink.redirect.tap import TapDesk
from shortlink.telemetry.spans import PARENT, SpanMaker, begin_served, end_served

_FIXED = {"robots.txt": "links.robots", "favicon.ico": "links.favicon", "healthz": "alive.healthz"}
_TAP = ("links.follow", "/<code>")


class TracedDoor(Door):
    """Answers as the door does, and tells how long it took: method, route, status and request id, never an address."""

    def __init__(self, desk: TapDesk, making: SpanMaker, *, trusted_proxies: int) -> None:
        super().__init__(desk, trusted_proxies=trusted_proxies)
        self._making = making

    def _answer(self, request: Request, peer: str, own_id: str, exchange: Exchange) -> None:
        endpoint, route = _place(request.path)
        parent = {name: request.headers[name] for name in PARENT if name in request.headers}
        making, method = self._making, request.method
        begun = begin_served(making, method, endpoint, parent)

        def end(status: int) -> None:
            end_served(making, begun, method=method, route=route, status=status, own_id=own_id)

        try:
            super()._answer(request, peer, own_id, _TracedExchange(exchange, end))
        except Exception:  # whatever it is: the span ends with it, and the door itself logs and answers it
            end(500)
            raise


class _TracedExchange:
    """An exchange that tells the status of its answer."""

    def __init__(self, exchange: Exchange, tell: Callable[[int], None]) -> None:
        self._exchange = exchange
        self._tell = tell

    @property
    def has_left(self) -> bool:
        return self._exchange.has_left

    def reply(self, head: bytes, body: bytes) -> None:
        self._exchange.reply(head, body)
        self._tell(status_of(head))

    def stream(self, head: bytes, *, is_sized: bool) -> Stream:
        return self._exchange.stream(head, is_sized=is_sized)


def _place(path: str) -> tuple[str | None, str | None]:
    """Say what answers a path, and its pattern: as Flask's door names them."""
    part = only_part(path)
    if part is None:
        return None, None
    return (_FIXED[part], f"/{part}") if part in _FIXED else _TAP
