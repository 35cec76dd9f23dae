"""The pace of webhooks: what is remembered of them."""

from __future__ import annotations

from shortlink.use_cases.webhook_pace import TIDY_FROM, Pace
from tests.use_cases.telling import Clock


def test_webhooks_that_were_called_long_ago_are_forgotten_and_none_that_has_to_wait() -> None:
    clock = Clock()
    pace = Pace(clock=lambda: clock.ms / 1000)
    assert pace.may_call("slow", 0.1)
    for _ in range(4):
        clock.pass_seconds(2)
        for number in range(TIDY_FROM):
            pace.may_call(f"{clock.ms} {number}", 10)
    assert len(pace) <= 2 * TIDY_FROM + 1
    assert not pace.may_call("slow", 0.1)
    clock.pass_seconds(2)
    assert pace.may_call("slow", 0.1)
