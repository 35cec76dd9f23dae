"""What the proxies in front say of who asks; whatever else they say of a request is not heard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shortlink.domain.client_address import client_address

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BehindProxies:
    """An app that is told the client's address where it would be told the proxy's.

    Not Werkzeug's ProxyFix: that one reads the header as a list of quoted strings, so that a quote that is never
    closed, which anybody can send, leaves the proxy for the client.
    """

    def __init__(self, app: WSGIApplication, *, hops: int) -> None:
        self._app = app
        self._hops = hops

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as the app does."""
        peer, forwarded = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR")
        environ["REMOTE_ADDR"] = client_address(forwarded, peer=peer, hops=self._hops)
        return self._app(environ, start_response)
