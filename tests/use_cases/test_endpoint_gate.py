"""One customer's endpoints never hold all that a worker can do at a time."""

from __future__ import annotations

import logging

import pytest

from shortlink.use_cases.endpoint_gate import EndpointGate
from tests.clock import Clock

THREADS = 64


@pytest.fixture
def gate(clock: Clock) -> EndpointGate:
    return EndpointGate(most_calls=THREADS // 2, threads=THREADS, clock=clock)


def hosts(name: str, count: int) -> list[str]:
    return [f"https://{name}{n}.test/hook" for n in range(count)]


def begin(gate: EndpointGate, account: str, urls: list[str], *, each: int = 6) -> int:
    """Begin as many calls as the gate allows."""
    return sum(gate.enter(url, account=account) == 0 for url in urls for _ in range(each))


def answer_soon(gate: EndpointGate, account: str, urls: list[str], *, times: int = 30) -> None:
    for url in urls:
        for _ in range(times):
            assert gate.enter(url, account=account) == 0
            gate.leave(url, account=account, answered_well=True, seconds=0.1)


def test_an_account_with_many_hanging_endpoints_leaves_a_third_of_the_threads_to_others_and_then_half(
    gate: EndpointGate, clock: Clock
) -> None:
    urls = hosts("hangs", 100)
    held = [url for url in urls for _ in range(6) if gate.enter(url, account="SLhangs") == 0]
    assert len(held) == 43
    assert gate.enter("https://healthy.test/", account="SLother") == 0
    gate.leave("https://healthy.test/", account="SLother", answered_well=True, seconds=0.1)
    for url in held:
        gate.leave(url, account="SLhangs", answered_well=False, seconds=10.0)
    clock.now += 60.0
    assert 0 < begin(gate, "SLhangs", held) <= THREADS // 2


def test_a_new_endpoint_is_tried_although_others_of_its_account_hang(gate: EndpointGate) -> None:
    hanging = hosts("hangs", 40)
    for _ in range(6):
        begin(gate, "SLa", hanging, each=1)
    assert gate.enter("https://healthy.test/", account="SLa") == 0


def test_endpoints_that_answer_soon_get_three_quarters_of_the_threads_of_an_account_alone(gate: EndpointGate) -> None:
    urls = hosts("quick", 4)
    answer_soon(gate, "SLalone", urls)
    assert begin(gate, "SLalone", urls, each=THREADS) == THREADS * 3 // 4


def test_several_accounts_that_want_all_share_and_still_leave_some(gate: EndpointGate) -> None:
    for n in range(10):
        answer_soon(gate, f"SL{n}", hosts(f"quick{n}", 4))
    held = [0] * 10
    for _ in range(THREADS):
        for n in range(10):
            held[n] += begin(gate, f"SL{n}", hosts(f"quick{n}", 4)[:1], each=1)
    assert min(held) >= 1
    assert max(held) - min(held) <= 1
    assert sum(held) < THREADS


def test_an_account_that_has_nothing_under_way_may_always_begin(gate: EndpointGate) -> None:
    assert [begin(gate, f"SL{n}", hosts(f"a{n}", 40)) > 0 for n in range(20)] == [True] * 20


def test_an_endpoint_that_falls_silent_is_counted_as_slow(gate: EndpointGate, clock: Clock) -> None:
    urls = hosts("was-quick", 40)
    answer_soon(gate, "SLhangs", urls, times=3)
    assert begin(gate, "SLhangs", urls[:5], each=THREADS) > 0
    held = begin(gate, "SLhangs", urls[5:25], each=1) + 5 * 7
    clock.now += 2.0
    assert held == THREADS * 3 // 4
    for url in urls[5:18]:  # some are answered, which makes room for quick ones only
        gate.leave(url, account="SLhangs", answered_well=True, seconds=0.1)
    assert gate.enter(urls[0], account="SLhangs") >= 1000
    assert gate.enter(urls[30], account="SLhangs") == 0


def test_those_put_off_behind_slow_endpoints_come_back_one_after_the_other(gate: EndpointGate) -> None:
    urls = hosts("hangs", 40)
    begin(gate, "SLhangs", urls)
    waits = [gate.enter("https://hangs39.test/", account="SLhangs") for _ in range(5000)]
    assert waits == sorted(waits)
    assert waits[200] - waits[100] == pytest.approx(1000, abs=2)
    assert waits[-1] <= 30_000


def test_a_call_that_was_not_made_after_all_teaches_nothing(gate: EndpointGate) -> None:
    urls = hosts("new", 40)
    for url in urls:
        gate.enter(url, account="SLa")
        gate.leave(url, account="SLa", answered_well=None)
    assert begin(gate, "SLa", urls, each=1) == len(urls)
    assert begin(gate, "SLa", urls, each=1) == 0


def test_a_log_line_names_the_account_whose_calls_wait_but_not_each_time(
    gate: EndpointGate, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        begin(gate, "SLhangs", hosts("hangs", 8))
        begin(gate, "SLhangs", hosts("hangs", 9))
    assert [record.getMessage() for record in caplog.records] == [
        "account SLhangs has 33 of 64 calls under way; its others wait"
    ]


def test_one_accounts_failing_address_makes_no_other_account_wait_on_the_same_server(gate: EndpointGate) -> None:
    url = "https://shared.test/hook"
    for _ in range(10):
        assert gate.enter(url, account="SLfails") == 0
        gate.leave(url, account="SLfails", answered_well=False, seconds=0.1)
    assert gate.enter(url, account="SLfails") > 0
    assert gate.enter(url, account="SLother") == 0
