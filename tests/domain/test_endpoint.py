"""How much of one endpoint is asked at a time."""

from __future__ import annotations

import pytest

from shortlink.domain.circuit_breaker import OPEN_SECONDS
from shortlink.domain.endpoint import ADDRESSES_KEPT, FIRST_CALLS, LONGEST_PATH, Endpoint, address_of, endpoint_of


def answer(endpoint: Endpoint, times: int, *, well: bool, now: float = 0.0) -> None:
    for _ in range(times):
        assert endpoint.enter(now) == 0.0
        endpoint.leave(now, answered_well=well)


def test_a_new_endpoint_gets_only_a_few_calls_at_once() -> None:
    endpoint = Endpoint(most_calls=32)
    waits = [endpoint.enter(0.0) for _ in range(FIRST_CALLS + 1)]
    assert waits[:-1] == [0.0] * FIRST_CALLS
    assert waits[-1] > 0


def test_good_answers_allow_more_up_to_the_most() -> None:
    endpoint = Endpoint(most_calls=32)
    answer(endpoint, 100, well=True)
    assert endpoint.allowed == 32


def test_nine_failures_open_nothing_and_the_tenth_does() -> None:
    endpoint = Endpoint(most_calls=32)
    answer(endpoint, 9, well=False)
    assert endpoint.enter(0.0) == 0.0
    endpoint.leave(0.0, answered_well=False)
    assert endpoint.enter(1.0) == pytest.approx(OPEN_SECONDS - 1)


def test_after_the_pause_one_trial_is_made_and_a_good_answer_closes_the_breaker() -> None:
    endpoint = Endpoint(most_calls=32)
    answer(endpoint, 10, well=False)
    later = OPEN_SECONDS + 1
    assert endpoint.enter(later) == 0.0
    assert endpoint.enter(later) > 0
    endpoint.leave(later, answered_well=True)
    assert [endpoint.enter(later) for _ in range(2)] == [0.0, 0.0]


def test_failures_of_long_ago_do_not_count() -> None:
    endpoint = Endpoint(most_calls=32)
    answer(endpoint, 9, well=False)
    answer(endpoint, 1, well=False, now=1000.0)
    assert endpoint.enter(1000.0) == 0.0


@pytest.mark.parametrize("url", ["https://A.test/x?y=1", "https://a.test/other"])
def test_an_endpoint_is_scheme_host_and_port(url: str) -> None:
    assert endpoint_of(url) == "https://a.test"


def test_an_address_that_fails_holds_up_no_other_on_the_same_server() -> None:
    endpoint = Endpoint(most_calls=32)
    for _ in range(10):
        assert endpoint.enter(0.0, "/fails") == 0.0
        endpoint.leave(0.0, "/fails", answered_well=False)
    assert endpoint.enter(1.0, "/fails") == pytest.approx(OPEN_SECONDS - 1)
    assert endpoint.enter(1.0, "/well") == 0.0


def test_a_server_most_of_whose_addresses_fail_is_left_alone_as_a_whole() -> None:
    endpoint = Endpoint(most_calls=32)
    for number in range(10):
        assert endpoint.enter(0.0, f"/{number}") == 0.0
        endpoint.leave(0.0, f"/{number}", answered_well=False)
    assert endpoint.enter(1.0, "/new") == pytest.approx(OPEN_SECONDS - 1)
    later = OPEN_SECONDS + 1
    assert endpoint.enter(later, "/new") == 0.0
    assert endpoint.enter(later, "/newer") > 0, "one trial is enough"
    endpoint.leave(later, "/new", answered_well=True)
    assert endpoint.enter(later, "/newer") == 0.0


def test_addresses_that_are_called_once_each_are_not_kept_for_ever() -> None:
    endpoint = Endpoint(most_calls=32)
    for number in range(1000):
        assert endpoint.enter(0.0, f"/{number}") == 0.0
        endpoint.leave(0.0, f"/{number}", answered_well=True)
    assert len(endpoint.addresses) <= ADDRESSES_KEPT


def test_an_address_is_a_path_whatever_its_query() -> None:
    assert address_of("https://a.test/x?y=1") == address_of("https://a.test/x?y=2") == "/x"


def test_long_addresses_are_told_apart_by_names_that_are_not() -> None:
    one, other = (address_of(f"https://a.test/{'x' * 1900}{end}?y=1") for end in "ab")
    assert one != other
    assert one == address_of(f"https://a.test/{'x' * 1900}a?y=2")
    assert max(len(one), len(other)) <= LONGEST_PATH
