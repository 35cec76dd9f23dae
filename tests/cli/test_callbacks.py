"""`shortlink callbacks redeliver`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from shortlink.bootstrap.operations import Inspection, open_accounts
from shortlink.config import Settings
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import Message
from tests.factories import make_message

Run = Callable[..., Result]
Accept = Callable[..., Message]
Ended = Callable[..., Message]
TODAY = datetime.now(UTC).date()
DAYS = ("--from", str(TODAY - timedelta(1)), "--to", str(TODAY + timedelta(1)))


@pytest.fixture
def sid(given: dict[str, str]) -> str:
    return open_accounts(Settings.from_env(given)).add("shop").sid


@pytest.fixture
def ended(here: Inspection, accept: Accept) -> Ended:
    """Make a message whose click callback has come to an end."""

    def make(state: CallbackState, **changes: Any) -> Message:
        message = accept(here, make_message(**changes))
        here.links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
        claim = here.callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
        assert claim is not None
        status_code = 200 if state is CallbackState.DELIVERED else 500
        here.callbacks.finish(claim, Attempt(at=1, duration_ms=1, status_code=status_code), state=state)
        return message

    return make


def state_of(here: Inspection, message: Message) -> CallbackState:
    return here.callbacks.list_of(message)[0].state


def test_the_days_of_one_account_are_tried_again(
    run_cli: Run, given: dict[str, str], here: Inspection, sid: str, ended: Ended
) -> None:
    lost, arrived = (ended(state, account=sid) for state in (CallbackState.EXHAUSTED, CallbackState.DELIVERED))
    other = ended(CallbackState.EXHAUSTED)
    result = run_cli("callbacks", "redeliver", sid, *DAYS, **given)
    assert (result.exit_code, result.stdout) == (0, "1 callback is tried again.\n")
    assert [state_of(here, one).value for one in (lost, arrived, other)] == ["p", "d", "x"]
    again = run_cli("callbacks", "redeliver", sid, *DAYS, "--delivered", "--json", **given)
    assert json.loads(again.stdout) == {"redelivering": 1}
    assert state_of(here, arrived) is CallbackState.PENDING


def test_one_message_is_tried_again_and_each_callback_is_told_of(
    run_cli: Run, given: dict[str, str], ended: Ended
) -> None:
    message = ended(CallbackState.EXHAUSTED)
    told = [run_cli("callbacks", "redeliver", message.id, **given).stdout for _ in range(2)]
    assert told == ["The click callback is tried again.\n", "The click callback is being tried anyway.\n"]


def test_what_arrived_is_left_alone_unless_asked_for(run_cli: Run, given: dict[str, str], ended: Ended) -> None:
    message = ended(CallbackState.DELIVERED)
    kept = run_cli("callbacks", "redeliver", message.id, "--json", **given)
    assert json.loads(kept.stdout) == {"click": "kept"}
    asked = run_cli("callbacks", "redeliver", message.id, "--delivered", "--json", **given)
    assert json.loads(asked.stdout) == {"click": "reopened"}


def test_a_message_without_callbacks_is_said_so(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept
) -> None:
    result = run_cli("callbacks", "redeliver", accept(here).id, **given)
    assert (result.exit_code, result.stdout) == (0, "This message asked for no callback, or none has fallen due yet.\n")


@pytest.mark.parametrize(
    "words",
    [("SL1", "--from", "2026-01-01"), ("SL1", "--from", "2026-02-01", "--to", "2026-01-01"), ("SL1", "--to", "soon")],
)
def test_days_that_make_no_range_are_a_usage_error(run_cli: Run, given: dict[str, str], words: tuple[str, ...]) -> None:
    assert run_cli("callbacks", "redeliver", *words, **given).exit_code == 2
    assert "write it as 2026-11-21" in run_cli("callbacks", "redeliver", "SL1", "--from", "soon", **given).stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("SLnobody", *DAYS), "there is no account SLnobody"),
        (("SLme",), "there is no message SLme; for an account, give its SID with --from and --to"),
    ],
)
def test_an_unknown_name_is_said_in_a_sentence(
    run_cli: Run, given: dict[str, str], words: tuple[str, ...], sentence: str
) -> None:
    result = run_cli("callbacks", "redeliver", *words, **given)
    assert (result.exit_code, result.stderr) == (1, f"shortlink: {sentence}\n")
