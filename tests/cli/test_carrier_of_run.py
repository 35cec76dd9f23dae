"""What waits for one carrier is sent through another only when somebody says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.bootstrap.operations import Inspection
from shortlink.cli.carrier_of_run import MeantForAnother, keep_to_carrier
from shortlink.config import Settings
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.connection import connect
from shortlink.storage.sendings import SendingStore
from shortlink.supervisor.data_directory import DataDirectory

Accept = Callable[..., Message]


@pytest.fixture
def simulated(given: dict[str, str], data: DataDirectory) -> Settings:
    sid, token = data.simulator_account()
    return Settings.from_env(given | {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token})


@pytest.fixture
def real(given: dict[str, str]) -> Settings:
    return Settings.from_env(given | {"TWILIO_ACCOUNT_SID": "ACreal", "TWILIO_AUTH_TOKEN": "t"})


def test_what_was_tried_out_is_not_sent_to_real_phones(
    data: DataDirectory, simulated: Settings, real: Settings, here: Inspection, accept: Accept
) -> None:
    keep_to_carrier(data, simulated, hand_over=False)
    accept(here)
    accept(here)
    for _ in range(2):
        with pytest.raises(MeantForAnother, match=r"^2 messages wait .* the simulator, .* without TWILIO_ACCOUNT_SID"):
            keep_to_carrier(data, real, hand_over=False)
    keep_to_carrier(data, simulated, hand_over=False)


def test_what_is_real_does_not_end_in_the_simulator(
    data: DataDirectory, simulated: Settings, real: Settings, here: Inspection, accept: Accept
) -> None:
    keep_to_carrier(data, real, hand_over=False)
    accept(here)
    with pytest.raises(MeantForAnother, match=r"^1 message waits that was accepted for Twilio's account ACreal, "):
        keep_to_carrier(data, simulated, hand_over=False)


def test_what_is_handed_over_belongs_to_the_new_carrier(
    data: DataDirectory, simulated: Settings, real: Settings, here: Inspection, accept: Accept
) -> None:
    keep_to_carrier(data, simulated, hand_over=False)
    accept(here)
    keep_to_carrier(data, real, hand_over=True)
    keep_to_carrier(data, real, hand_over=False)


@pytest.mark.parametrize("status", [MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED])
def test_what_the_carrier_has_keeps_nobody_from_another(
    data: DataDirectory, simulated: Settings, real: Settings, here: Inspection, accept: Accept, status: MessageStatus
) -> None:
    keep_to_carrier(data, simulated, hand_over=False)
    message = accept(here)
    receipt = DeliveryReceipt(carrier_id="SM1", status=status)
    SendingStore(connect(simulated.redis_url)).advance(message.code, receipt, poll_ms=60_000, report_ms=0)
    keep_to_carrier(data, real, hand_over=False)
    assert data.carrier_account() == "ACreal"
