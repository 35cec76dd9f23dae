"""Erasing a number from what the simulator keeps."""

from __future__ import annotations

import requests

from tests.simulator.rig import Simulator
from tests.waiting import wait_until

NUMBER, OTHER = "+818012345678", "+818012345679"


def test_an_erased_number_leaves_messages_and_callbacks_of_others(simulator: Simulator) -> None:
    for number in (NUMBER, OTHER):
        simulator.send(To=number)
    wait_until(lambda: len(simulator.received()) == 6)
    answer = requests.post(f"{simulator.url}/simulator/erase", data={"number": NUMBER}, timeout=5)
    assert answer.json() == {"messages": 1, "callbacks": 3}
    assert [one["to"] for one in simulator.sent()] == [OTHER]
    assert [one["fields"]["To"] for one in simulator.received()] == [OTHER] * 3


def test_nothing_is_erased_for_nobody(simulator: Simulator) -> None:
    simulator.send(To=NUMBER)
    answer = requests.post(f"{simulator.url}/simulator/erase", timeout=5)
    assert answer.json() == {"messages": 0, "callbacks": 0}
    assert len(simulator.sent()) == 1
