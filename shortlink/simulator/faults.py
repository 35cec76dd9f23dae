"""The ways in which the simulated carrier can misbehave, switched on and off while it runs."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from shortlink.simulator.database import SwitchStore
from shortlink.simulator.magic import Receipts

MAX_SECONDS = 600.0


class Fault(StrEnum):
    """What can happen to one request that creates a message; the value is the switch that sets how often."""

    REFUSE = "refuse"  # the connection is closed before the request is read
    BUSY_429 = "busy_429"
    ERROR_500 = "error_500"  # nothing is stored
    ACCEPT_THEN_DROP = "accept_then_drop"  # stored, then the connection is closed without an answer
    ACCEPT_THEN_500 = "accept_then_500"
    STALL = "stall"  # stored, and answered after stall_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The switches. Those named in Fault are shares of the requests, from 0 to 1, and add up to 1 at most."""

    refuse: float = 0.0
    busy_429: float = 0.0
    error_500: float = 0.0
    accept_then_drop: float = 0.0
    accept_then_500: float = 0.0
    stall: float = 0.0
    stall_seconds: float = 40.0
    lookup_500: float = 0.0  # share of fetches and lists that answer 500
    list_lag_seconds: float = 0.0  # how long a new message is missing from lists
    receipts: tuple[Receipts, ...] = ()  # each message draws one; none leaves it to the recipient's number
    late_seconds: float = 3.0  # how late a late receipt is
    retry_after: float | None = None  # seconds named in the Retry-After of a 429
    unauthorized: bool = False  # every API request answers 401
    seed: int | None = None  # makes the draws repeatable

    @classmethod
    def from_json(cls, given: Any) -> Faults:
        """Read switches from JSON; what is not named is off.

        Raises ValueError that says what is wrong.
        """
        if not isinstance(given, dict):
            raise ValueError("the switches must be a JSON object")
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            there_are = ", ".join(field.name for field in fields(cls))
            raise ValueError(f"unknown switches: {', '.join(unknown)}; there are {there_are}")
        faults = cls(**{**given, "receipts": _receipts(given.get("receipts"))})
        faults._check()
        return faults

    def _check(self) -> None:
        self._refuse_beyond(1, "a number", *Fault, "lookup_500")
        if (together := sum(getattr(self, fault) for fault in Fault)) > 1.000001:
            raise ValueError(f"{', '.join(Fault)} strike one request each: together 1 at most, not {together:g}")
        self._refuse_beyond(MAX_SECONDS, "a number of seconds", "stall_seconds", "list_lag_seconds", "late_seconds")
        if self.retry_after is not None:
            self._refuse_beyond(MAX_SECONDS, "a number of seconds", "retry_after")
        flags: tuple[object, object] = (self.unauthorized, self.seed)
        if not isinstance(flags[0], bool):
            raise ValueError("unauthorized must be true or false")
        if not isinstance(flags[1], int | None):
            raise ValueError("seed must be a whole number")

    def _refuse_beyond(self, most: float, what: str, *names: str) -> None:
        wrong = [name for name in names if not _is_number(getattr(self, name)) or getattr(self, name) > most]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} must be {what} from 0 to {most:g}")

    def to_json(self) -> dict[str, Any]:
        """Shape the switches as JSON, as `from_json` reads them."""
        return {**asdict(self), "receipts": list(self.receipts)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _receipts(given: Any) -> tuple[Receipts, ...]:
    """Read one behaviour or a list of them; a `|` parts them too."""
    words = given.split("|") if isinstance(given, str) else (given or [])
    try:
        return tuple(Receipts(word) for word in words)
    except (ValueError, TypeError):
        raise ValueError(f"receipts must be among {', '.join(Receipts)}") from None


class FaultSwitches:
    """The switches as they stand, kept in the store, with the dice that decide whom a fault strikes."""

    def __init__(self, store: SwitchStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._load(Faults.from_json(store.get("faults") or {}))

    def _load(self, faults: Faults) -> None:
        self.current = faults
        self._dice = random.Random(faults.seed)  # noqa: S311  # dice that can be thrown again, not secrets
        self._struck: Counter[str] = Counter()

    def set(self, faults: Faults) -> None:
        """Replace all the switches, throw the counts away and start the dice from the seed."""
        with self._lock:
            self._load(faults)
        self._store.set("faults", faults.to_json())

    def struck(self) -> Mapping[str, int]:
        """Count the requests that each fault has struck since the switches were set."""
        with self._lock:
            return dict(self._struck)

    def for_create(self) -> Fault | None:
        """Draw what happens to a request that creates a message."""
        with self._lock:
            point = self._dice.random()
            for fault in Fault:
                point -= getattr(self.current, fault)
                if point < 0:
                    self._struck[fault] += 1
                    return fault
            return None

    def for_lookup(self) -> bool:
        """Draw whether a fetch or a list fails."""
        with self._lock:
            fails = self._dice.random() < self.current.lookup_500
            self._struck["lookup_500"] += fails
            return fails

    def for_receipts(self, usual: Receipts) -> Receipts:
        """Draw how a message's receipts behave."""
        with self._lock:
            return self._dice.choice(self.current.receipts) if self.current.receipts else usual
