from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from shortlink.carriers import CarrierMessage, twilio
from shortlink.carriers.twilio import TwilioCarrier
from shortlink.domain.errors import CarrierBusy, CarrierRejectsUs, NotFound, OutcomeUnknown
from shortlink.domain.message import DeliveryReceipt, MessageStatus

if TYPE_CHECKING:
    from tests.carriers.conftest import Wire

LIST_PATH = "/2010-04-01/Accounts/AC" + "1" * 32 + "/Messages.json"
NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC


def listed(sid: str, text: str | None, created_at: int | None, **given: Any) -> dict[str, Any]:
    created = None if created_at is None else format_datetime(datetime.fromtimestamp(created_at / 1000, UTC))
    return {"sid": sid, "body": text, "status": "sent", "date_created": created, "direction": "outbound-api", **given}


def page(*messages: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "page": 0, "page_size": 500, "next_page_uri": following}


def test_fetch_tells_where_a_message_stands(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(200, {"sid": "SM1", "status": "undelivered", "error_code": 30003})
    assert carrier.fetch("SM1") == DeliveryReceipt(carrier_id="SM1", status=MessageStatus.UNDELIVERED, error="30003")
    assert (wire.seen[0].method, wire.seen[0].path) == ("GET", LIST_PATH.replace(".json", "/SM1.json"))


def test_a_message_twilio_does_not_have_is_not_found(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
    with pytest.raises(NotFound):
        carrier.fetch("SM1")


def test_a_404_of_someone_else_is_no_word_on_the_message(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(404, "<html>nothing here</html>")
    with pytest.raises(CarrierRejectsUs):
        carrier.fetch("SM1")


def test_lookups_that_fail_can_always_be_made_again(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(500, {"code": 20500})
    wire.answer(429, {"code": 20429}, {"Retry-After": "3"})
    wire.answer(200, "not json")
    wire.answer(200, {"status": "sent"})
    wire.close_early()
    for _ in range(4):
        with pytest.raises(CarrierBusy):
            carrier.fetch("SM1")
    with pytest.raises(CarrierBusy):
        carrier.find("+818011112222", containing="x", since=0)


def test_lookups_refused_for_our_account_say_so(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(401, {"code": 20003})
    with pytest.raises(CarrierRejectsUs):
        carrier.fetch("SM1")
    with pytest.raises(CarrierRejectsUs):
        carrier.find("+818011112222", containing="x", since=0)


def test_find_returns_what_holds_the_text_newest_first(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(
        200,
        page(
            listed("SM4", "tap https://l.example/abcdefghi", NOON + 2000, status="queued"),
            listed("SM3", "another", NOON + 1000),
            listed("SM2", "l.example/abcdefghi", NOON + 3000, status="failed", error_code=30008),
            listed("SM1", None, NOON),
        ),
    )
    assert carrier.find("+818011112222", containing="abcdefghi", since=NOON) == [
        CarrierMessage(
            carrier_id="SM2",
            status=MessageStatus.FAILED,
            error="30008",
            text="l.example/abcdefghi",
            created_at=NOON + 3000,
        ),
        CarrierMessage(
            carrier_id="SM4",
            status=MessageStatus.QUEUED,
            error=None,
            text="tap https://l.example/abcdefghi",
            created_at=NOON + 2000,
        ),
    ]
    (request,) = wire.seen
    assert request.path == LIST_PATH
    assert request.query == {"To": "+818011112222", "PageSize": "500"}


def test_find_does_not_filter_by_the_date_of_sending(wire: Wire, carrier: TwilioCarrier) -> None:
    """A message that still waits in Twilio's queue has none, and must be found."""
    wire.answer(200, page(listed("SM1", "abc", NOON, status="accepted", date_sent=None)))
    assert [one.carrier_id for one in carrier.find("+81", containing="abc", since=NOON)] == ["SM1"]
    assert not [name for name in wire.seen[0].query if name.startswith("DateSent")]


def test_find_leaves_out_what_is_older(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(200, page(listed("SM2", "abc", NOON), listed("SM1", "abc", NOON - 1000)))
    assert [one.carrier_id for one in carrier.find("+81", containing="abc", since=NOON)] == ["SM2"]


def test_a_message_of_the_same_second_counts_as_since(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(200, page(listed("SM1", "abc", NOON)))
    assert len(carrier.find("+81", containing="abc", since=NOON + 999)) == 1


def test_a_message_without_a_date_is_not_lost(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(200, page(listed("SM1", "abc", None), listed("SM2", "abc", None, date_created="one day")))
    found = carrier.find("+81", containing="abc", since=NOON)
    assert [(one.carrier_id, one.created_at) for one in found] == [("SM1", None), ("SM2", None)]


def test_an_incoming_message_with_the_text_is_not_ours(wire: Wire, carrier: TwilioCarrier) -> None:
    """A message to a number of the same account is listed twice: as it left and as it came in."""
    wire.answer(
        200,
        page(
            listed("SM2", "abc", NOON, direction="inbound", status="received"),
            following=LIST_PATH + "?To=%2B81&PageSize=500&Page=1&PageToken=PASM2",
        ),
    )
    wire.answer(200, page(listed("SM1", "abc", NOON)))
    assert [one.carrier_id for one in carrier.find("+81", containing="abc", since=NOON)] == ["SM1"]


def test_find_turns_pages_until_they_are_too_old(wire: Wire, carrier: TwilioCarrier) -> None:
    following = LIST_PATH + "?To=%2B81&PageSize=500&Page=1&PageToken=PASM2"
    wire.answer(200, page(listed("SM3", "xyz", NOON + 1000), following=following))
    wire.answer(200, page(listed("SM2", "abc", NOON), following=following.replace("Page=1", "Page=2")))
    wire.answer(200, page(listed("SM1", "abc", NOON - 1000), following=following.replace("Page=1", "Page=3")))
    assert [one.carrier_id for one in carrier.find("+81", containing="abc", since=NOON)] == ["SM2"]
    assert [request.query.get("Page") for request in wire.seen] == [None, "1", "2"]
    assert wire.seen[1].query["To"] == "+81"
    assert "Authorization" in wire.seen[2].headers


def test_find_turns_a_bounded_number_of_pages_and_never_calls_that_absent(
    wire: Wire, carrier: TwilioCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio, "PAGES_AT_MOST", 3)
    wire.answer(200, page(listed("SM1", "xyz", NOON), following=LIST_PATH + "?To=%2B81&Page=1"))
    with pytest.raises(OutcomeUnknown):
        carrier.find("+81", containing="abc", since=NOON)
    assert len(wire.seen) == 3
    assert [one.carrier_id for one in carrier.find("+81", containing="xyz", since=NOON)] == ["SM1"] * 3


@pytest.mark.parametrize(
    "following", ["http://127.0.0.1:9/x", "https://api.twilio.com.evil.example/x", "https://api.twilio.com@127.0.0.1/x"]
)
def test_credentials_never_follow_a_page_to_another_host(wire: Wire, carrier: TwilioCarrier, following: str) -> None:
    meta = {"key": "messages", "next_page_url": following}
    wire.answer(200, {"messages": [listed("SM1", "xyz", NOON)], "meta": meta})
    with pytest.raises(CarrierBusy, match="another host"):
        carrier.find("+81", containing="abc", since=NOON)
    assert len(wire.seen) == 1
