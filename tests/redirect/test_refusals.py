"""What the log is told of taps that are turned away."""

from __future__ import annotations

import logging

import pytest

from shortlink.redirect.refusals import Refusals

REASON = OSError("the store cannot be used now: it does not answer")


def test_of_all_taps_that_are_turned_away_in_a_second_one_is_told_and_the_next_line_counts_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    refusals = Refusals(clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for number in range(2500):
            now[0] = number / 1000
            refusals.note(f"tap-{number}", REASON)
    told = [record.getMessage() for record in caplog.records]
    assert [line.split()[2] for line in told] == ["request_id=tap-0", "request_id=tap-1000", "request_id=tap-2000"]
    assert [line.rpartition(": ")[2] for line in told] == ["1", "1000", "1000"]
    assert all(str(REASON) in line for line in told)


def test_a_tap_that_is_turned_away_after_a_while_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    refusals = Refusals(clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for now[0] in (0.0, 60.0):
            refusals.note("tap", REASON)
    assert len(caplog.records) == 2
