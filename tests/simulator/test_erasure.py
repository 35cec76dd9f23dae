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


def test_nothing_is_erased_for_what_is_no_number(simulator: Simulator) -> None:
    simulator.send(To=NUMBER)
    wait_until(lambda: len(simulator.received()) == 3)
    for wrong in ("", "x", "1", "+81", NUMBER.replace("+", " ")):
        answer = requests.post(f"{simulator.url}/simulator/erase", data={"number": wrong}, timeout=5)
        assert (answer.status_code, "such as +818011234567" in answer.json()["error"]) == (400, True)
    assert (len(simulator.sent()), len(simulator.received())) == (1, 3)
