"""The store that a history happens to, a clock of its own, and what nobody does: time passes, scripts are forgotten."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackClaim, CallbackStore
from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore
from shortlink.use_cases.audit_store import audit_store
from tests.chaos.model.known import BOUNDS, Known

START = 1_790_000_000_000
codes: Bundle[str] = Bundle("codes")
claims: Bundle[MessageClaim] = Bundle("claims")
tries: Bundle[CallbackClaim] = Bundle("tries")


class History(RuleBasedStateMachine):
    """What all moves share."""

    url = ""

    @initialize()
    def start(self) -> None:
        self.store = connect(self.url)
        self.store.flushdb()
        self.messages = MessageStore(self.store, link_ms=90 * DAY_MS, record_ms=3650 * DAY_MS)
        self.sendings = SendingStore(self.store)
        self.links = LinkStore(self.store)
        self.callbacks = CallbackStore(self.store)
        self.ledger = Ledger(self.store)
        self.inspector = Inspector(self.store)
        self.now = START
        self.known: dict[str, Known] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.began: dict[tuple[str, int], int] = {}  # tries of callbacks, by event id and number

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert list(audit_store(self.inspector, bounds=BOUNDS, now=self.now)) == []
            self.store.close()

    @rule(seconds=st.sampled_from([1, 6, 6, 31, 31, 61, 61, 3600, 86_400 * 10]))
    def let_time_pass(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule(due=st.sampled_from(Due))
    def lose_an_offer(self, due: Due) -> None:
        self.ledger.offer(due, again_ms=20_000, most=160, now=self.now)

    @rule(due=st.sampled_from(Due))
    def sleep_until_something_is_due(self, due: Due) -> None:
        self.now = max(self.now, self.ledger.first_due_at(due) or 0)

    @rule()
    def store_forgets_its_scripts(self) -> None:
        self.store.script_flush()

    def _status(self, code: str) -> str:
        return str(self.store.hget(keys.record(code), "s"))
