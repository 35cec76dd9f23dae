"""POST to a receiver on loopback, as the worker does."""

from __future__ import annotations

from ipaddress import ip_network

from shortlink.callbacks.safe_post import safe_post
from shortlink.domain.callback import Attempt
from tests.callbacks.receivers import Receiver

LOOPBACK = [ip_network("127.0.0.0/8")]


def post(receiver: Receiver, path: str = "/", *, seconds: float = 10, scheme: str = "http", host: str = "") -> Attempt:
    url = f"{scheme}://{host or receiver.host}:{receiver.port}{path}"
    return safe_post(url, b"a=1", {"user-agent": "me"}, timeout_seconds=seconds, allowed_networks=LOOPBACK)
