"""A simulator of its own for every test, within the process, on a port that the kernel picks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.course import Pace
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation
from tests.simulator.rig import WEBHOOK_SECRET, LocalHttpClient, Sdk, Simulator


@pytest.fixture
def account() -> TwilioAccount:
    return TwilioAccount(
        sid="AC0123456789abcdef0123456789abcdef",
        auth_token="the-auth-token",
        api_key="SK0123456789abcdef0123456789abcdef",
        api_secret="the-api-secret",
    )


@pytest.fixture
def pace() -> Pace:
    return Pace(first_ms=5, step_ms=5)


@pytest.fixture
def simulator(account: TwilioAccount, pace: Pace) -> Iterator[Simulator]:
    with running(Simulation(account, pace=pace, webhook_secrets=[WEBHOOK_SECRET])) as url:
        yield Simulator(url, account)


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    """The official SDK, pointed at the simulator."""
    http_client = LocalHttpClient(simulator.url)
    yield Sdk(*simulator.credentials, http_client=http_client)
    http_client.close()
