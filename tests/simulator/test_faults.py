"""The carrier misbehaves when it is told to, and not otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.faults import Faults
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation
from tests.simulator.rig import Simulator
from tests.waiting import wait_until


def create(client: Any) -> Any:
    return client.messages.create(to="+818012345678", from_="Shop", body="Hello")


def test_dropped_answer_leaves_the_message_stored(client: Any, simulator: Simulator) -> None:
    simulator.switch(accept_then_drop=1)
    with pytest.raises(requests.ConnectionError):
        create(client)
    assert len(client.messages.list(to="+818012345678")) == 1


def test_refused_connection_leaves_nothing(client: Any, simulator: Simulator) -> None:
    simulator.switch(refuse=1)
    with pytest.raises(requests.ConnectionError):
        create(client)
    assert simulator.sent() == []


@pytest.mark.parametrize(
    ("fault", "status", "code", "stored"),
    [("accept_then_500", 500, 20500, 1), ("error_500", 500, 20500, 0), ("busy_429", 429, 20429, 0)],
)
def test_error_answers_come_with_or_without_the_message(
    client: Any, simulator: Simulator, fault: str, status: int, code: int, stored: int
) -> None:
    simulator.switch(**{fault: 1})
    with pytest.raises(TwilioRestException) as error:
        create(client)
    assert (error.value.status, error.value.code) == (status, code)
    assert len(simulator.sent()) == stored


def test_busy_carrier_names_the_wait_when_told_to(simulator: Simulator) -> None:
    simulator.switch(busy_429=1, retry_after=2.5)
    assert simulator.post().headers["Retry-After"] == "2.5"


def test_stalled_answer_comes_too_late_for_a_client_with_a_timeout(simulator: Simulator) -> None:
    simulator.switch(stall=1, stall_seconds=3)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{simulator.messages_url}.json",
            data={"To": "+818012345678", "From": "Shop", "Body": "Hello"},
            auth=simulator.credentials,
            timeout=0.2,
        )
    wait_until(lambda: len(simulator.sent()) == 1)


def test_unauthorized_account_is_refused_everywhere(simulator: Simulator) -> None:
    sid = simulator.send()["sid"]
    simulator.switch(unauthorized=True)
    assert simulator.post().status_code == 401
    assert simulator.fetch(sid)["code"] == 20003


def test_new_message_is_missing_from_lagging_lists_but_not_from_fetches(client: Any, simulator: Simulator) -> None:
    simulator.switch(list_lag_seconds=60)
    sid = create(client).sid
    assert client.messages.list() == []
    assert client.messages(sid).fetch().sid == sid

    simulator.switch()
    assert [message.sid for message in client.messages.list()] == [sid]


def test_lookups_fail_when_told_to(client: Any, simulator: Simulator) -> None:
    sid = create(client).sid
    simulator.switch(lookup_500=1)
    with pytest.raises(TwilioRestException) as error:
        client.messages(sid).fetch()
    assert error.value.code == 20500
    with pytest.raises(TwilioException, match="20500"):
        client.messages.list()  # the SDK has a plainer error for lists


@pytest.mark.parametrize(
    ("receipts", "expected"),
    [
        ("doubled", ["delivered", "delivered", "sending", "sending", "sent", "sent"]),
        ("late", ["delivered", "sending", "sent"]),
        ("reordered", ["delivered", "sending", "sent"]),
    ],
)
def test_receipts_behave_as_told(simulator: Simulator, receipts: str, expected: list[str]) -> None:
    simulator.switch(receipts=receipts, late_seconds=0.05)
    simulator.send()
    wait_until(lambda: len(simulator.told()) == len(expected))
    assert sorted(simulator.told()) == expected


def test_each_message_draws_one_of_the_receipt_behaviours(simulator: Simulator) -> None:
    simulator.switch(receipts="lost|on_time", seed=1)
    sids = {simulator.send()["sid"] for _ in range(20)}
    wait_until(lambda: all(message["status"] == "delivered" for message in simulator.sent()))
    told = {receipt["fields"]["MessageSid"] for receipt in simulator.received()}
    assert set() < told < sids


def test_same_seed_strikes_the_same_requests(simulator: Simulator) -> None:
    def run() -> list[int]:
        simulator.switch(busy_429=0.3, error_500=0.3, seed=7)
        return [simulator.post().status_code for _ in range(20)]

    first = run()
    assert run() == first
    assert set(first) == {201, 429, 500}


def test_switches_are_shown_counted_and_cleared(simulator: Simulator) -> None:
    url = f"{simulator.url}/simulator/faults"
    simulator.switch(busy_429=1)
    simulator.post()
    shown = requests.get(url, timeout=5).json()
    assert (shown["busy_429"], shown["refuse"], shown["struck"]) == (1, 0, {"busy_429": 1})

    requests.delete(url, timeout=5)
    assert simulator.post().status_code == 201
    assert requests.get(url, timeout=5).json()["struck"] == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "the switches must be a JSON object"),
        (None, "the switches must be a JSON object"),
        ({"busy": 1}, "unknown switches: busy; there are refuse, busy_429, "),
        ({"busy_429": 1.5}, "busy_429 must be a number from 0 to 1"),
        ({"busy_429": -0.1}, "busy_429 must be a number from 0 to 1"),
        ({"busy_429": "1", "lookup_500": 2}, "busy_429, lookup_500 must be a number from 0 to 1"),
        ({"busy_429": True}, "busy_429 must be a number from 0 to 1"),
        ({"busy_429": 0.6, "stall": 0.6}, "stall strike one request each: together 1 at most, not 1.2"),
        ({"stall_seconds": 601}, "stall_seconds must be a number of seconds from 0 to 600"),
        ({"late_seconds": None}, "late_seconds must be a number of seconds from 0 to 600"),
        ({"retry_after": "soon"}, "retry_after must be a number of seconds from 0 to 600"),
        ({"receipts": "sometimes"}, "receipts must be among on_time, "),
        ({"receipts": 7}, "receipts must be among on_time, "),
        ({"unauthorized": 1}, "unauthorized must be true or false"),
        ({"seed": "x"}, "seed must be a whole number"),
    ],
)
def test_wrong_switch_is_named_and_changes_nothing(simulator: Simulator, given: object, said: str) -> None:
    simulator.switch(busy_429=1)
    answer = requests.post(f"{simulator.url}/simulator/faults", json=given, timeout=5)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert simulator.post().status_code == 429


def test_switches_survive_their_own_json() -> None:
    faults = Faults.from_json({"busy_429": 0.5, "receipts": ["late", "lost"], "seed": 3})
    assert Faults.from_json(faults.to_json()) == faults


def test_switches_outlive_a_restart(account: TwilioAccount, tmp_path: Path) -> None:
    def simulation() -> Simulation:
        return Simulation(account, data=tmp_path / "simulator.sqlite3")

    with running(simulation()) as url:
        Simulator(url, account).switch(busy_429=1)
    with running(simulation()) as url:
        assert Simulator(url, account).post().status_code == 429


def test_connection_serves_on_after_every_answer(simulator: Simulator) -> None:
    with requests.Session() as session:
        session.auth = simulator.credentials
        form = {"To": "+818012345678", "From": "Shop", "Body": "Hello"}
        requests_made: list[Callable[[], requests.Response]] = [
            lambda: session.post(f"{simulator.messages_url}.json", data=form, timeout=5),
            lambda: session.post(f"{simulator.url}/callbacks/x", data=b"x" * 100_000, timeout=5),
            lambda: session.post(f"{simulator.url}/healthz", data=b"never read" * 1000, timeout=5),
            lambda: session.get(f"{simulator.messages_url}.json", timeout=5),
        ]
        statuses = [make().status_code for make in requests_made]
        adapter: Any = session.get_adapter(simulator.url)
        pools = adapter.poolmanager.pools
        connections = [pools[key].num_connections for key in pools.keys()]  # noqa: SIM118  # not a dict
    assert statuses == [201, 200, 405, 200]
    assert connections == [1]
