"""Use cases on a real Valkey, with a carrier that answers as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.carriers import CarrierMessage, Submission
from shortlink.domain.account import Account
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event
from shortlink.domain.inbound import reply_address
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.accounts import AccountStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.events import EventStreams
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.pace import PaceStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.accept_message import AcceptDesk
from shortlink.use_cases.accept_rules import AcceptRules
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.record_events import RecordDesk, record_events
from shortlink.use_cases.send_desk import SendDesk, SendRules, make_send_desk
from tests.factories import LINK_URL, MINT, link_start, make_message
from tests.use_cases.recording import SID, Record
from tests.use_cases.telling import Rig

Answer = DeliveryReceipt | Exception | Callable[[], DeliveryReceipt]


@dataclass
class ScriptedCarrier:
    """A carrier at the wire's place: gives the next prepared answer to each call and keeps what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    listed: list[CarrierMessage] | Exception = field(default_factory=list)
    fetched: DeliveryReceipt | Exception = field(
        default_factory=lambda: DeliveryReceipt(carrier_id="SM1", status=MessageStatus.SENT)
    )
    submitted: list[Submission] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    looked_since: list[int] = field(default_factory=list)

    def submit(self, submission: Submission) -> DeliveryReceipt:
        self.submitted.append(submission)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, DeliveryReceipt) else answer()

    def fetch(self, carrier_id: str) -> DeliveryReceipt:
        self.asked_for.append(carrier_id)
        if isinstance(self.fetched, Exception):
            raise self.fetched
        return self.fetched

    def find(self, recipient: str, *, containing: str, since: int) -> list[CarrierMessage]:
        self.looked_since.append(since)
        if isinstance(self.listed, Exception):
            raise self.listed
        return [one for one in self.listed if containing in one.text]

    def read_receipt(self, form: Mapping[str, str]) -> DeliveryReceipt | None:
        raise NotImplementedError

    def receipt_is_genuine(self, url: str, parameters: Collection[tuple[str, str]], signature: str) -> bool:
        raise NotImplementedError


@pytest.fixture(params=[-3600, 3600, 172_800], ids=["an hour behind", "an hour ahead", "two days ahead"])
def wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this machine's clock wrong, and not the store's."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + request.param)


@pytest.fixture
def erasures(client: Store) -> ErasureStore:
    return ErasureStore(client)


@pytest.fixture
def opt_outs(client: Store) -> OptOutStore:
    return OptOutStore(client, key=b"k" * 32, record_ms=30 * DAY_MS)


@pytest.fixture
def accept_desk(messages: MessageStore, opt_outs: OptOutStore) -> AcceptDesk:
    rules = AcceptRules(
        link_url=LINK_URL,
        code_length=9,
        own_hosts=frozenset({"sl.test"}),
        price_per_part=10.0,
        price_tracking=5.0,
    )
    return AcceptDesk(rules=rules, mint=MINT, messages=messages, opt_outs=opt_outs)


@pytest.fixture
def carrier() -> ScriptedCarrier:
    return ScriptedCarrier()


@pytest.fixture
def accounts(client: Store) -> AccountStore:
    kept = AccountStore(client)
    kept.add(Account(sid="SLtestaccount", name="Test", token_hash="h", created_at=1))
    return kept


@pytest.fixture
def desk(
    client: Store, sendings: SendingStore, accounts: AccountStore, opt_outs: OptOutStore, carrier: ScriptedCarrier
) -> SendDesk:
    """A send desk whose waits are all zero, so that the next step is due at once."""
    return make_send_desk(
        sendings=sendings,
        carrier_ids=CarrierIdStore(client),
        accounts=accounts,
        presence=PresenceStore(client),
        opt_outs=opt_outs,
        senders=SenderStore(client, b"k" * 32),
        carrier=carrier,
        rules=SendRules(
            lease_ms=60_000,
            backoff_ms=(0,),
            looks_ms=(0, 0, 0),
            polls_ms=(0, 0),
            report_ms=0,
            receipt_url=lambda message: f"https://api.test/receipts/{message.id}",
            reply_address=lambda message: reply_address(message.sender),
        ),
        pace=CarrierPace(PaceStore(client), rate=0, sleep=lambda _: None),
        cache_seconds=0.0,
    )


@pytest.fixture
def add(messages: MessageStore) -> Callable[..., Message]:
    def put(message: Message | None = None) -> Message:
        made = message or make_message()
        return messages.get(messages.add(made, link_start=link_start(made), today=0))

    return put


@pytest.fixture
def rig(client: Store, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(client, tmp_path / "archive")
    yield made
    made.archive.close()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


@pytest.fixture
def record_desk(client: Store, archive: Archive) -> RecordDesk:
    return RecordDesk(streams=EventStreams(client), log=EventLog(archive), index=MessageIndex(archive))


@pytest.fixture
def record(record_desk: RecordDesk) -> Record:
    """Record what is new and give all events of the account."""

    def run() -> list[Event]:
        while record_events(record_desk, wait_ms=1, most=3):
            pass
        return record_desk.log.page(SID, limit=1000).events

    return run
