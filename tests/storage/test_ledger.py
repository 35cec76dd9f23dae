"""What the due sets promise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from tests.factories import make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]


def test_several_dispatchers_never_get_the_same_item_at_once(ledger: Ledger, add: Add) -> None:
    codes = {add().code for _ in range(100)}

    def offer(_: int) -> tuple[str, ...]:
        return ledger.offer(Due.MESSAGES, again_ms=60_000, most=160, now=NOW).members

    with ThreadPoolExecutor(4) as pool:
        taken = [code for members in pool.map(offer, range(12)) for code in members]
    assert sorted(taken) == sorted(codes)


def test_a_lost_offer_comes_back(ledger: Ledger, add: Add) -> None:
    message = add()
    ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW)
    assert ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW + 19_999).members == ()
    assert ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW + 20_000).members == (message.code,)


def test_the_next_time_is_told(ledger: Ledger, add: Add) -> None:
    assert ledger.offer(Due.MESSAGES, again_ms=1, most=16, now=NOW).next_ms is None
    add()
    assert ledger.offer(Due.MESSAGES, again_ms=700, most=16, now=NOW).next_ms == 700


def test_accepting_a_message_wakes_a_listener(ledger: Ledger, add: Add) -> None:
    with ledger.hints() as wait:
        wait(0.05)
        add(make_message())
        assert wait(5) == {Due.MESSAGES}


def test_a_store_that_forgot_its_scripts_is_taught_again(ledger: Ledger, client: Store, add: Add) -> None:
    add()
    client.script_flush()
    assert len(ledger.offer(Due.MESSAGES, again_ms=1, most=16, now=NOW).members) == 1
    client.script_flush()
    assert add().code
