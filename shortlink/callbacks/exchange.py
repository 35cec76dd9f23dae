"""One HTTP call to a stranger's URL that cannot hang and cannot reach inside.

The address rules are those of ssrfguard: one look-up, every answer checked, the checked address dialled. Two
ranges are added to its table. This module adds which ports may be named and the deadline of the whole call.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from urllib.parse import urlsplit

import requests
import ssrfguard

from shortlink.callbacks.deadline import Deadline
from shortlink.callbacks.look_up import Answers, look_up
from shortlink.callbacks.transport import Wire
from shortlink.domain.callback_url import Network, may_be_called

MAX_BODY_READ = 4096
MAX_DIALS = 3  # addresses of one name that are tried, each with a third of the time
BODY_SECONDS = 1.0  # the answer stands once its headers are in; no worker waits long for a body nobody uses

_DENIED = ssrfguard.AddressTable(
    (
        *ssrfguard.DEFAULT_DENIED.blocks,
        ssrfguard.Block(
            ip_network("168.63.129.16/32"), "Azure host agent", "Azure documentation", ssrfguard.Reach.DENIED
        ),
        ssrfguard.Block(ip_network("::ffff:0:0:0/96"), "IPv4-translated", "RFC2765", ssrfguard.Reach.DENIED),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a stranger answered: the status, and the headers that matter here."""

    status_code: int
    retry_after: str | None
    location: str | None


def check_networks(allowed_networks: Sequence[Network]) -> None:
    """Raise ValueError when a network cannot be allowed, because it would hide other addresses inside it."""
    _wire(443, tuple(allowed_networks))


def exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    deadline: Deadline,
    allowed_networks: Sequence[Network],
) -> Reply:
    """Make one call; no redirect is followed. Whatever goes wrong is raised, in the libraries' own words."""
    wire = _wire(_port_of(url), tuple(allowed_networks))
    policy = wire.policy
    target = policy.check_url(url)
    request = requests.Request(method, url, data=body, headers={**headers, "connection": "close"}).prepare()
    read_again = policy.check_url(request.url or "")
    if (read_again.scheme, read_again.host, read_again.port) != (target.scheme, target.host, target.port):
        raise requests.exceptions.InvalidURL("two readings of the URL differ")
    answers = _answers(target, policy, deadline, allowed_networks)
    with wire.adapter(answers, deadline) as adapter:
        connect_seconds = deadline.remaining() / MAX_DIALS
        response = adapter.send(request, stream=True, timeout=(connect_seconds, connect_seconds), proxies={})
        with response:
            deadline.tighten(BODY_SECONDS)
            with suppress(Exception):  # the status is known; a body that breaks off takes nothing from it
                response.raw.read(MAX_BODY_READ, decode_content=False)
            return Reply(
                status_code=response.status_code,
                retry_after=response.headers.get("retry-after"),
                location=response.headers.get("location"),
            )


@lru_cache(maxsize=64)
def _wire(port: int, allowed_networks: tuple[Network, ...]) -> Wire:
    """Build the address rules for a call to one port; `_answers` decides about the port itself."""
    return Wire(
        ssrfguard.Policy(
            denied_networks=_DENIED,
            allowed_networks=allowed_networks,
            allowed_ports=frozenset({port}),
            max_connection_attempts=MAX_DIALS,
        )
    )


def _port_of(url: str) -> int:
    try:
        parts = urlsplit(url)
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise requests.exceptions.InvalidURL("the URL cannot be read") from None


def _answers(
    target: ssrfguard.Target, policy: ssrfguard.Policy, deadline: Deadline, allowed_networks: Sequence[Network]
) -> Answers:
    """Look the host up once and refuse it unless every answer may be called on this port.

    On the open internet 80, 443 and everything from 1024 up may be named: customers' servers commonly listen
    on 8080, 8443, 3000 or 5000, and whoever may name such a port could call it without us too. The other low
    ports stay shut: none of them serves HTTP, and mail, SSH or DNS must not be spoken to in our name. Inside
    an allowed network the operator has said yes, so any port will do.
    """
    found = ssrfguard.resolve(target, policy=policy, resolver=lambda *query: look_up(deadline, *query))
    if not may_be_called(target.port):
        for answer in found:
            if not any(answer.ip in network for network in allowed_networks):
                raise ssrfguard.BlockedAddressError(str(answer.ip), f"port {target.port} may not be called")
    return [(answer.family, socket.SOCK_STREAM, 0, "", answer.sockaddr) for answer in found]
