"""`/metrics`, for the addresses that the installation names."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, request

from shortlink.domain.client_address import read_address
from shortlink.use_cases.gather_metrics import gather_metrics
from shortlink.web.answers import problem
from shortlink.web.context import services
from shortlink.web.metrics.families import make_families

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

metrics = Blueprint("metrics", __name__)
_SENT_ON = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


@metrics.get("/metrics")
def show_metrics() -> Response:
    """Answer all figures in the format that the caller reads; 403 to whom the installation does not name.

    404 behind several slashes, of which Werkzeug makes one: a proxy that keeps `/metrics` to itself may not know them.
    """
    if request.environ["PATH_INFO"].startswith("//"):
        abort(404)
    if not _may_read():
        return problem(403, "Metrics are for the addresses in SHORTLINK_METRICS_ALLOW.")
    from prometheus_client import CollectorRegistry  # noqa: PLC0415  # a door that nobody scrapes needs none of it

    registry = CollectorRegistry(auto_describe=False)
    picture = gather_metrics(services().metrics_desk, now=int(time.time() * 1000))
    registry.register(_Fixed(make_families(picture)))
    encode, kind = _choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=kind)


def _choose_encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """Choose what writes the figures, and the name of its format; the usual one for whom we cannot make out."""
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    try:
        return choose_encoder(accept)
    except TypeError:  # it compares versions, and somebody asked for one that is no number
        return choose_encoder("")


class _Fixed:
    """A collector of what was gathered already."""

    def __init__(self, families: list[Any]) -> None:
        self._families = families

    def collect(self) -> list[Any]:
        return self._families


def _may_read() -> bool:
    """Say whether the caller's address is named.

    A proxy that is not trusted seems to be the caller itself, so what it passes on is refused.
    """
    settings = services().settings
    if settings.trusted_proxies == 0 and any(name in request.headers for name in _SENT_ON):
        return False
    address = read_address(request.remote_addr or "")
    return address is not None and any(address in network for network in settings.metrics_allow)
