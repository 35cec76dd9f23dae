"""Make the simulated carrier misbehave."""

from __future__ import annotations

from typing import Any

import requests

from shortlink.testing.service import SmsService

PATIENCE_SECONDS = 10.0


class CarrierFaults:
    """The simulator's switches, which docs/simulator.md lists; each `set` replaces all that were set before."""

    def __init__(self, service: SmsService) -> None:
        self._url = f"{service.simulator_url}/simulator/faults"
        self._session = requests.Session()
        self._session.trust_env = False

    def set(self, **switches: Any) -> None:
        """Set switches, such as `busy_429=0.5` or `receipts="lost"`. Raises ValueError that names a wrong one."""
        answer = self._session.post(self._url, json=switches, timeout=PATIENCE_SECONDS)
        if answer.status_code == 400:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()

    def struck(self) -> dict[str, int]:
        """Count the requests that each fault has struck since the switches were set."""
        answer = self._session.get(self._url, timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()["struck"]
        return found

    def clear(self) -> None:
        """Switch every fault off."""
        self._session.delete(self._url, timeout=PATIENCE_SECONDS).raise_for_status()
