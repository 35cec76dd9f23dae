"""What is still to happen to a message is neither forgotten nor done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shortlink.simulator.database import Database
from shortlink.simulator.message_store import MessageStore, StepStore
from shortlink.simulator.sms import Sms, SmsStatus, Step

SID = "SM0123456789abcdef0123456789abcdef"
SMS = Sms(
    sid=SID,
    recipient="+818012345678",
    sender="Shop",
    service_sid=None,
    body="Hello",
    status=SmsStatus.QUEUED,
    segments=1,
    callback_url=None,
    created_at=1,
    updated_at=1,
)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    yield database
    database.close()


@pytest.fixture
def messages(database: Database) -> MessageStore:
    return MessageStore(database)


@pytest.fixture
def steps(database: Database) -> StepStore:
    return StepStore(database)


def step(**given: bool) -> Step:
    return Step(**{"sid": SID, "due_at": 5, "status": SmsStatus.SENT, **given})  # type: ignore[arg-type]  # mixed kinds


def test_step_that_notifies_stays_until_its_receipt_was_posted(messages: MessageStore, steps: StepStore) -> None:
    [added] = messages.add(SMS, [step()])
    begun = steps.begin(added, 9)
    assert begun is not None
    assert (begun.status, begun.sent_at, begun.updated_at) == (SmsStatus.SENT, 9, 9)
    assert steps.pending() == [added]

    steps.finish(added)
    assert steps.pending() == []


def test_silent_step_is_over_when_it_was_carried_out(messages: MessageStore, steps: StepStore) -> None:
    [added] = messages.add(SMS, [step(notifies=False)])
    assert steps.begin(added, 9)
    assert steps.pending() == []
    assert steps.begin(added, 9) is None


def test_receipt_alone_changes_nothing(messages: MessageStore, steps: StepStore) -> None:
    [added] = messages.add(SMS, [step(changes=False)])
    assert steps.begin(added, 9) == SMS


def test_step_of_a_deleted_message_is_called_off(messages: MessageStore, steps: StepStore) -> None:
    [added] = messages.add(SMS, [step()])
    messages.delete()
    assert steps.begin(added, 9) is None


def test_failed_transaction_leaves_nothing(messages: MessageStore, database: Database) -> None:
    def fail() -> None:
        with database.write() as rows:
            rows.execute("DELETE FROM messages")
            raise RuntimeError

    messages.add(SMS, [])
    before = database.version
    with pytest.raises(RuntimeError):
        fail()
    assert messages.get(SID) == SMS
    assert database.version == before
