"""T7: random histories over the real scripts, checked against a small model and every invariant after each step.

The clock is the test's own, so that leases end and links expire when a rule says so. A crash is a claim whose
holder is never heard of again, or is heard of much too late.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.model.accepting import Accepting
from tests.chaos.model.calling_back import CallingBack
from tests.chaos.model.checking import Checking
from tests.chaos.model.sending import Sending
from tests.chaos.model.tapping import Tapping

EXAMPLES, STEPS = (int(n) for n in os.environ.get("MODEL", "300x50").split("x"))


class LedgerMachine(Accepting, Sending, Tapping, CallingBack, Checking):
    """Customers, taps, workers, a carrier and a clock, all at random."""


@pytest.mark.timeout(900)
def test_no_history_breaks_an_invariant(valkey_url: str, store: object) -> None:
    class Machine(LedgerMachine):
        url = valkey_url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
