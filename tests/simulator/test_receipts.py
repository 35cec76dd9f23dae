"""Status callbacks: which, in which order, how signed, and what each magic number makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.course import Pace
from shortlink.simulator.draft import Draft
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation, epoch_ms
from tests.simulator.rig import Simulator, Validator
from tests.waiting import wait_until

COURSE = ["sending", "sent", "delivered"]


def test_ordinary_message_is_told_of_in_order_but_not_of_its_first_status(simulator: Simulator) -> None:
    sid = simulator.send()["sid"]
    wait_until(lambda: len(simulator.told()) == 3)
    assert simulator.told() == COURSE
    assert simulator.fetch(sid)["status"] == "delivered"


def test_receipt_has_twilios_fields_and_a_signature_that_its_sdk_accepts(simulator: Simulator) -> None:
    url = f"{simulator.receipts_url}/1?mac=a%20b&x=%E6%97%A5"
    sid = simulator.send(Body="日本語", StatusCallback=f"{url}#rc=2")["sid"]
    wait_until(lambda: len(simulator.told()) == 3)

    receipt = simulator.received()[-1]
    fields = receipt["fields"]
    assert fields == {
        "AccountSid": simulator.account.sid,
        "ApiVersion": "2010-04-01",
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "To": "+818012345678",
        "From": "+15005550006",
        "RawDlrDoneDate": fields["RawDlrDoneDate"],
    }
    assert receipt["headers"]["content-type"].startswith("application/x-www-form-urlencoded")
    signature = receipt["headers"]["x-twilio-signature"]
    validator = Validator(simulator.account.auth_token)
    assert validator.validate(url, fields, signature)
    assert not validator.validate(url + "&more=1", fields, signature)
    assert not Validator("another-token").validate(url, fields, signature)


def test_message_of_a_service_is_told_to_be_queued(simulator: Simulator) -> None:
    simulator.send(From="", MessagingServiceSid="MG0123456789abcdef0123456789abcdef")
    wait_until(lambda: len(simulator.told()) == 4)
    assert simulator.told() == ["queued", *COURSE]
    assert simulator.received()[0]["fields"]["From"] == "+15005550006"


def test_message_without_callback_url_moves_all_the_same(simulator: Simulator) -> None:
    sid = simulator.send(StatusCallback="")["sid"]
    wait_until(lambda: simulator.fetch(sid)["status"] == "delivered")
    assert simulator.received() == []


def test_failed_connection_is_tried_once_more(simulator: Simulator) -> None:
    simulator.send(StatusCallback=f"{simulator.receipts_url}?answers=drop,200")
    wait_until(lambda: len(simulator.told()) == 4)
    assert simulator.told() == ["sending", *COURSE]


def test_answer_of_500_is_not_tried_again(simulator: Simulator) -> None:
    simulator.send(StatusCallback=f"{simulator.receipts_url}?answers=500,200")
    wait_until(lambda: simulator.told()[-1:] == ["delivered"])
    assert simulator.told() == COURSE


@pytest.mark.parametrize(
    ("number", "told", "status", "error"),
    [
        ("+15005550101", ["sending", "sent", "undelivered"], "undelivered", 30003),
        ("+15005550102", ["sending", "sent", "undelivered"], "undelivered", 30005),
        ("+15005550103", ["sending", "sent", "undelivered"], "undelivered", 30007),
        ("+15005550104", ["failed"], "failed", 30008),
        ("+15005550107", ["sending", "sent"], "sent", None),
        ("+15005550108", COURSE, "delivered", None),
        ("+15005550110", COURSE[::-1], "delivered", None),
        ("+15005550111", [*COURSE, "undelivered"], "undelivered", 30008),
    ],
)
def test_magic_number_takes_its_course(
    simulator: Simulator, number: str, told: list[str], status: str, error: int | None
) -> None:
    sid = simulator.send(To=number)["sid"]
    wait_until(lambda: len(simulator.told()) == len(told))

    assert simulator.told() == told
    message = simulator.fetch(sid)
    assert (message["status"], message["error_code"]) == (status, error)
    last = simulator.received()[told.index(status)]["fields"]
    assert last.get("ErrorCode") == (str(error) if error else None)
    assert last.get("ErrorMessage") == message["error_message"]


def test_doubled_receipts_come_twice(simulator: Simulator) -> None:
    simulator.send(To="+15005550109")
    wait_until(lambda: len(simulator.told()) == 6)
    assert sorted(simulator.told()) == sorted(COURSE * 2)


def test_silent_number_is_delivered_without_a_receipt(simulator: Simulator) -> None:
    sid = simulator.send(To="+15005550105")["sid"]
    wait_until(lambda: simulator.fetch(sid)["status"] == "delivered")
    simulator.send()
    wait_until(lambda: len(simulator.told()) == 3)
    assert {receipt["fields"]["To"] for receipt in simulator.received()} == {"+818012345678"}


def test_number_that_is_delivered_by_a_fetch_waits_for_it(simulator: Simulator) -> None:
    sid = simulator.send(To="+15005550106")["sid"]
    wait_until(lambda: len(simulator.told()) == 2)
    assert simulator.sent()[0]["status"] == "sent"
    assert simulator.fetch(sid)["status"] == "delivered"
    assert simulator.told() == ["sending", "sent"]


def test_message_and_its_receipts_outlive_a_restart(account: TwilioAccount, tmp_path: Path) -> None:
    data = tmp_path / "simulator.sqlite3"
    first = Simulation(account, data=data, pace=Pace(first_ms=60_000))
    with running(first) as url:
        sid = Simulator(url, account).send(StatusCallback="http://127.0.0.1:9/gone")["sid"]

    later = Simulation(account, data=data, now=lambda: epoch_ms() + 120_000)
    with running(later) as url:
        simulator = Simulator(url, account)
        wait_until(lambda: simulator.fetch(sid)["status"] == "delivered")
        assert [message["sid"] for message in simulator.sent()] == [sid]


def test_receipt_that_was_not_posted_is_posted_after_a_restart(
    account: TwilioAccount, simulator: Simulator, tmp_path: Path
) -> None:
    data = tmp_path / "simulator.sqlite3"
    draft = Draft(
        recipient="+818012345678",
        sender="Shop",
        service_sid=None,
        body="Hello",
        callback_url=simulator.receipts_url,
        send_at=None,
    )
    first = Simulation(account, data=data)
    first.accept(draft)  # never started: as if it had died at once
    first.close()

    second = Simulation(account, data=data)
    second.start()
    wait_until(lambda: simulator.told() == COURSE)
    second.close()

    third = Simulation(account, data=data)
    third.start()
    third.accept(draft)
    wait_until(lambda: len(simulator.told()) == 6)
    third.close()
    assert simulator.told() == COURSE * 2
