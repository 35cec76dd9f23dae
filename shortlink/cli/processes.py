"""The processes of `shortlink up`: their commands, and the settings each of them gets."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from shortlink.cli.addresses import Addresses
from shortlink.supervisor.child import ChildSpec
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.embedded_store import EmbeddedStore

_MAY_BE_EMPTY = "SHORTLINK_CALLBACK_ALLOW"
LOOPBACK = "127.0.0.0/8,::1/128"
# 10 s are promised for everything; a worker drains for 7 s, see worker/__main__.py.
_DRAIN_SECONDS, _SIMULATOR_SECONDS, _STORE_SECONDS = 7.2, 7.9, 9.3
_STORE_HURRIED_SECONDS = 2.0  # killed, it may lose what it acknowledged while its disk was busy
_WORK, _CARRIER, _LEDGER = 0, 1, 2  # who uses whom, and so who is stopped before whom


def sends_through_twilio(given: Mapping[str, str]) -> bool:
    """Whether the user gave a Twilio account, which replaces the simulator's."""
    return bool(given.get("TWILIO_ACCOUNT_SID"))


def reaches_people(given: Mapping[str, str]) -> bool:
    """Whether what is sent costs money and reaches real phones: through Twilio itself, not a server in its place."""
    instead = given.get("SHORTLINK_TWILIO_URL")
    return sends_through_twilio(given) and (not instead or (urlsplit(instead).hostname or "").endswith(".twilio.com"))


def service_environment(
    given: Mapping[str, str],
    *,
    addresses: Addresses,
    redis_url: str,
    secret_key: str,
    spool: Path,
    archive: Path,
    simulator_account: tuple[str, str],
) -> dict[str, str]:
    """Fill the gaps in what the user gave: whatever was given wins.

    An empty variable counts as not given, but for SHORTLINK_CALLBACK_ALLOW, where it means that nothing is allowed.
    """
    filled = {
        "SHORTLINK_REDIS_URL": redis_url,
        "SHORTLINK_SECRET_KEY": secret_key,
        "SHORTLINK_API_URL": addresses.api_url,
        "SHORTLINK_LINK_URL": addresses.link_url,
        "SHORTLINK_CALLBACK_ALLOW": LOOPBACK,
        "SHORTLINK_SPOOL_DIR": str(spool),
        "SHORTLINK_ARCHIVE_DIR": str(archive),
    }
    if not sends_through_twilio(given):
        sid, token = simulator_account
        filled |= {
            "SHORTLINK_TWILIO_URL": addresses.simulator_url,
            "TWILIO_ACCOUNT_SID": sid,
            "TWILIO_AUTH_TOKEN": token,
        }
    kept = {name: value for name, value in given.items() if value or name not in filled or name == _MAY_BE_EMPTY}
    return {**filled, **kept, "PYTHONUNBUFFERED": "1"}


def simulator_environment(service: Mapping[str, str], account: tuple[str, str]) -> dict[str, str]:
    """Settings of the simulator: always its own account, never the user's credentials at Twilio."""
    kept = {name: value for name, value in service.items() if not name.startswith("TWILIO_")}
    return {**kept, "TWILIO_ACCOUNT_SID": account[0], "TWILIO_AUTH_TOKEN": account[1]}


def store_child(store: EmbeddedStore, environment: Mapping[str, str]) -> ChildSpec:
    """The embedded store; it saves and ends by itself when the supervisor is killed."""
    return ChildSpec(
        name="store",
        command=store.command(),
        environment=store.surroundings(environment),
        stop_phase=_LEDGER,
        stop_seconds=_STORE_SECONDS,
        hurried_seconds=_STORE_HURRIED_SECONDS,
        death_signal=signal.SIGTERM,
        # Advice about the machine's memory, which is for servers and would be the first thing a newcomer reads.
        unwanted="Memory overcommit must be enabled",
    )


def service_children(
    addresses: Addresses,
    directory: DataDirectory,
    *,
    service: Mapping[str, str],
    simulator: Mapping[str, str],
) -> list[ChildSpec]:
    """Every process but the store; the simulator finds what it checks callbacks with in the data directory."""
    host = ("--host", addresses.host)
    works = {
        "web": ("shortlink.web", *host, "--port", str(addresses.port), "--door", "api"),
        "redirect": ("shortlink.redirect", *host, "--port", str(addresses.link_port)),
        "dispatcher": ("worker.dispatcher",),
        "messages": ("worker", "messages"),
        "callbacks": ("worker", "callbacks"),
        "recorder": ("worker.recorder",),
        "webhooks": ("worker.webhooks",),
    }
    children = [
        ChildSpec(
            name=name, command=_python(*module), environment=service, stop_phase=_WORK, stop_seconds=_DRAIN_SECONDS
        )
        for name, module in works.items()
    ]
    options = ("--data", str(directory.simulator_messages), f"@{directory.simulator_options}")
    carrier = ChildSpec(
        name="simulator",
        command=_python("shortlink.simulator", *host, "--port", str(addresses.simulator_port), *options),
        environment=simulator,
        stop_phase=_CARRIER,
        stop_seconds=_SIMULATOR_SECONDS,
    )
    return [carrier, *children]


def _python(*module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *module)
