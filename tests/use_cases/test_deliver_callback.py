"""From a due callback to the customer's answer; the sender stands at the wire's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shortlink.domain.account import webhook_secret
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.due import Due
from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.use_cases.deliver_callback import CallbackDesk, deliver_callback, remember_accounts
from shortlink.use_cases.endpoint_gate import EndpointGate
from tests.waiting import wait_until

KEY = b"k" * 32


@dataclass
class ScriptedSender:
    """Answers with the next prepared attempt and keeps what was to be posted."""

    answers: list[Attempt] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)

    def send(self, url: str, **given: Any) -> Attempt:
        self.posted.append({"url": url} | given)
        return self.answers.pop(0)


def answer(code: int | None, error: str | None = None) -> Attempt:
    return Attempt(at=1, duration_ms=2, status_code=code, error=error)


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def clicked(client: Store, add: Callable[..., Message]) -> Message:
    message = add()
    LinkStore(client).follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
    return message


@pytest.fixture
def desk(client: Store, accounts: AccountStore, sender: ScriptedSender) -> CallbackDesk:
    return CallbackDesk(
        callbacks=CallbackStore(client),
        account=accounts.get,
        sender=sender,  # type: ignore[arg-type]
        gate=EndpointGate(most_calls=32, threads=64),
        payload=lambda message, callback: {"msgid": message.id, "status": callback.status_then.value},
        body_format="form",
        schedule=(0.0,) * 10,
        lease_ms=60_000,
        key=KEY,
    )


def state(desk: CallbackDesk, message: Message) -> CallbackState:
    (callback,) = desk.callbacks.list_of(message)
    return callback.state


def test_what_is_due_of_a_message_that_is_gone_is_due_no_more(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, client: Store
) -> None:
    client.delete(keys.record(clicked.code))
    deliver_callback(clicked.code + "c", desk)
    assert Ledger(client).depth(Due.CALLBACKS) == 0
    assert sender.posted == []


def test_an_account_that_was_switched_off_is_told_what_it_is_owed(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, accounts: AccountStore
) -> None:
    accounts.write(clicked.account, disabled=True)
    sender.answers = [answer(200)]
    deliver_callback(clicked.code + "c", desk)
    assert state(desk, clicked) is CallbackState.DELIVERED


def test_a_try_whose_lease_was_half_over_by_its_claim_is_not_made(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 130.1])
    with monkeypatch.context() as slow:
        slow.setattr("shortlink.use_cases.deliver_callback.time.monotonic", lambda: next(clock, 130.1))
        deliver_callback(clicked.code + "c", desk)
    assert sender.posted == []


@pytest.mark.parametrize(("duration_ms", "is_slow"), [(999, False), (1000, True)])
def test_an_endpoint_whose_last_answer_took_a_second_is_slow(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, duration_ms: int, is_slow: bool
) -> None:
    sender.answers = [replace(answer(200), duration_ms=duration_ms)]
    deliver_callback(clicked.code + "c", desk)
    (endpoint,) = desk.gate._endpoints.values()
    assert endpoint.quick is not is_slow


def test_five_hundreds_are_tried_again_until_exactly_two_hundred(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, client: Store
) -> None:
    sender.answers = [answer(500), answer(201), answer(302), answer(200)]
    for _ in range(6):
        deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert state(desk, clicked) is CallbackState.DELIVERED
    assert len(sender.posted) == 4
    assert Ledger(client).depth(Due.CALLBACKS) == 0


def test_after_ten_tries_it_is_given_up(desk: CallbackDesk, sender: ScriptedSender, clicked: Message) -> None:
    sender.answers = [answer(None, "connect")] * 12
    for _ in range(12):
        deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert len(sender.posted) == 10
    assert state(desk, clicked) is CallbackState.EXHAUSTED


@pytest.mark.usefixtures("wrong_clock")
def test_a_wrong_clock_brings_no_try_forward_and_steals_no_lease(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, client: Store
) -> None:
    waiting, ledger = replace(desk, schedule=(0.0, 100.0, 100.0)), Ledger(client)
    member = clicked.code + CallbackKind.CLICK

    def due_in() -> float:
        due_at = ledger.first_due_at(Due.CALLBACKS)
        assert due_at is not None
        return (due_at - client.now()) / 1000

    def send_meanwhile(url: str, **given: Any) -> Attempt:
        deliver_callback(member, waiting)  # another worker, while this one waits for its answer
        assert 50 < due_in() <= 60  # the lease
        return ScriptedSender.send(sender, url, **given)

    sender.send = send_meanwhile  # type: ignore[method-assign]
    sender.answers = [answer(500), answer(200)]
    deliver_callback(member, waiting)
    assert 70 < due_in() <= 120
    deliver_callback(member, waiting)
    assert len(sender.posted) == 1


@pytest.mark.parametrize("end", [answer(410), answer(None, "refused")])
def test_gone_and_refused_end_it_at_once(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, end: Attempt
) -> None:
    sender.answers = [end]
    for _ in range(3):
        deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert state(desk, clicked) is CallbackState.STOPPED


def test_body_and_event_id_are_the_same_on_every_try(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, client: Store
) -> None:
    sender.answers = [answer(500), answer(200)]
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    client.hset(f"{{{clicked.id[0]}}}m{clicked.code}", "s", "d")  # the message goes on meanwhile
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    first, second = sender.posted
    assert first["body"] == second["body"]
    assert first["event_id"] == second["event_id"]


def test_both_secrets_sign_after_a_rotation(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, accounts: AccountStore
) -> None:
    account = accounts.change("SLtestaccount", secret_version=2, secret_rotated_at=(END_OF_TIME,))
    sender.answers = [answer(200)]
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert sender.posted[0]["secrets"] == [webhook_secret(account.sid, version, KEY) for version in (2, 1)]


def test_an_endpoint_that_fails_on_and_on_is_left_alone_and_no_try_is_used_up(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, client: Store
) -> None:
    for _ in range(10):
        desk.gate.enter("http://127.0.0.1:9/click?n=1", account=clicked.account)
        desk.gate.leave("http://127.0.0.1:9/click?n=1", account=clicked.account, answered_well=False)
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert sender.posted == []
    (callback,) = desk.callbacks.list_of(clicked)
    assert callback.tries == 0
    next_ms = Ledger(client).offer(Due.CALLBACKS, again_ms=1, most=16).next_ms
    assert next_ms is not None
    assert next_ms > 20_000


@pytest.mark.parametrize(
    ("outcome", "left_alone"),
    [(answer(500), True), (answer(None, "connect"), True), (answer(404), False), (answer(302), False)],
)
def test_an_endpoint_that_does_not_work_is_left_alone_and_one_that_says_no_is_not(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message, outcome: Attempt, left_alone: bool
) -> None:
    sender.answers = [outcome] * 10
    for _ in range(10):
        deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert len(sender.posted) == 10
    assert (desk.gate.enter(sender.posted[0]["url"], account=clicked.account) > 0) is left_alone


def test_nothing_is_posted_when_half_the_lease_was_over_by_the_claim(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message
) -> None:
    sender.answers = [answer(200)]
    deliver_callback(clicked.code + CallbackKind.CLICK, replace(desk, lease_ms=0))
    assert sender.posted == []
    assert state(desk, clicked) is CallbackState.PENDING
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert state(desk, clicked) is CallbackState.DELIVERED


def test_tries_that_were_not_made_say_nothing_about_the_endpoint(desk: CallbackDesk, clicked: Message) -> None:
    for _ in range(10):
        deliver_callback(clicked.code + CallbackKind.CLICK, replace(desk, lease_ms=0))
    assert clicked.click_url is not None
    assert desk.gate.enter(clicked.click_url, account=clicked.account) == 0


def test_a_rotated_secret_signs_soon(accounts: AccountStore) -> None:
    remembered = remember_accounts(accounts)
    assert remembered("SLtestaccount").secret_version == 1
    accounts.change("SLtestaccount", secret_version=2)
    wait_until(lambda: remembered("SLtestaccount").secret_version == 2, within_seconds=10)


def test_an_account_that_holds_its_share_of_the_threads_waits_and_no_try_is_used_up(
    desk: CallbackDesk, sender: ScriptedSender, clicked: Message
) -> None:
    for n in range(60):
        desk.gate.enter(f"http://127.0.0.1:{1024 + n}/hangs", account=clicked.account)
    deliver_callback(clicked.code + CallbackKind.CLICK, desk)
    assert sender.posted == []
    assert desk.callbacks.list_of(clicked)[0].tries == 0
