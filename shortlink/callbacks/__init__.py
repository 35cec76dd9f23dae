"""Callbacks: one signed POST to a customer's URL, made so that it can neither hang nor reach inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shortlink.callbacks.exchange import check_networks
from shortlink.callbacks.safe_post import safe_post
from shortlink.callbacks.signature import sign
from shortlink.domain.callback import Attempt
from shortlink.domain.callback_url import Network

USER_AGENT = "Shortlink-Callback/1.0"


class CallbackSender:
    """Sends signed callbacks; holds no state, so any number of threads may share one."""

    def __init__(
        self, *, allowed_networks: Sequence[Network], timeout_seconds: float, user_agent: str = USER_AGENT
    ) -> None:
        """Fix what may be reached and how long a callback may take in all.

        Raises ValueError for an allowed network that hides IPv4 addresses inside IPv6, such as 64:ff9b::/96.
        """
        check_networks(allowed_networks)
        self._allowed_networks = tuple(allowed_networks)
        self._timeout_seconds = timeout_seconds
        self._user_agent = user_agent

    def send(
        self, url: str, *, event_id: str, body: str, content_type: str, secrets: Sequence[str], now_ms: int
    ) -> Attempt:
        """Sign and POST one callback and say what came of it; the network never makes this raise.

        A second call is a second POST: receivers tell repeats by the event id.
        """
        headers = sign(secrets, event_id, now_ms, body)
        headers["content-type"] = content_type
        headers["user-agent"] = self._user_agent
        attempt = safe_post(
            url,
            body.encode(),
            headers,
            timeout_seconds=self._timeout_seconds,
            allowed_networks=self._allowed_networks,
        )
        return replace(attempt, at=now_ms)
