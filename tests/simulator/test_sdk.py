"""The official SDK cannot tell the simulator from Twilio."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from shortlink.simulator.course import Pace
from tests.simulator.rig import LocalHttpClient, Sdk, Simulator
from tests.waiting import wait_until

RECIPIENT = "+818012345678"
SENDER = "+15005550006"
PROPERTIES = {  # the schema api.v2010.account.message of Twilio's description
    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
    "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
    "status", "subresource_uris", "to", "uri",
}  # fmt: skip
SERVICE = "MG0123456789abcdef0123456789abcdef"


def create(client: Any, **given: Any) -> Any:
    return client.messages.create(**{"to": RECIPIENT, "from_": SENDER, "body": "Hello", **given})


def test_created_message_comes_back_as_the_sdk_expects_it(client: Any, simulator: Simulator) -> None:
    message = create(client, body="Hello €")

    assert re.fullmatch(r"SM[0-9a-f]{32}", message.sid)
    assert (message.status, message.direction, message.body) == ("queued", "outbound-api", "Hello €")
    assert (message.to, message.from_, message.account_sid) == (RECIPIENT, SENDER, simulator.account.sid)
    assert (message.num_segments, message.num_media, message.price) == ("1", "0", None)
    assert (message.error_code, message.error_message, message.date_sent) == (None, None, None)
    assert abs(message.date_created - datetime.now(UTC)) < timedelta(minutes=1)


def test_resource_has_every_property_of_the_description_and_no_other(simulator: Simulator) -> None:
    resource = simulator.send()
    path = f"/2010-04-01/Accounts/{simulator.account.sid}/Messages/{resource['sid']}"

    assert set(resource) == PROPERTIES
    assert resource["uri"] == f"{path}.json"
    assert resource["subresource_uris"] == {"media": f"{path}/Media.json"}
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", resource["date_created"])


def test_price_and_date_sent_appear_once_the_message_was_sent(client: Any, simulator: Simulator) -> None:
    sid = create(client, body="x" * 200).sid
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")

    message = client.messages(sid).fetch()
    assert message.date_sent is not None
    assert (message.price, message.price_unit, message.num_segments) == ("-0.01580", "USD", "2")


def test_service_picks_the_sender_after_the_message_was_accepted(client: Any) -> None:
    message = client.messages.create(to=RECIPIENT, messaging_service_sid=SERVICE, body="Hello")
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    assert message.messaging_service_sid == SERVICE

    wait_until(lambda: client.messages(message.sid).fetch().status == "delivered")
    assert client.messages(message.sid).fetch().from_ == SENDER


def test_api_key_is_as_good_as_the_token(simulator: Simulator) -> None:
    account = simulator.account
    http_client = LocalHttpClient(simulator.url)
    client = Sdk(account.api_key, account.api_secret, account.sid, http_client=http_client)
    assert create(client).account_sid == account.sid
    http_client.close()


def test_list_is_newest_first_and_pages_through_everything(client: Any, simulator: Simulator) -> None:
    sids = [simulator.send()["sid"] for _ in range(5)]
    listed = [message.sid for message in client.messages.list(page_size=2)]
    assert listed == sids[::-1]


def test_paging_holds_its_place_while_messages_arrive(client: Any, simulator: Simulator) -> None:
    sids = [simulator.send()["sid"] for _ in range(4)]
    first = client.messages.page(page_size=2)
    simulator.send()

    second = first.next_page()
    assert second is not None
    assert [message.sid for message in second] == [sids[1], sids[0]]
    previous = second.previous_page()
    assert previous is not None
    assert [message.sid for message in previous] == [sids[3], sids[2]]


def test_page_envelope_has_twilios_fields(simulator: Simulator) -> None:
    for _ in range(3):
        simulator.send()
    query = {"PageSize": "2", "To": RECIPIENT}
    page = requests.get(f"{simulator.messages_url}.json", params=query, auth=simulator.credentials, timeout=5).json()

    path = f"/2010-04-01/Accounts/{simulator.account.sid}/Messages.json?To=%2B818012345678&PageSize=2"
    last = page["messages"][-1]["sid"]
    assert {name: value for name, value in page.items() if name != "messages"} == {
        "first_page_uri": f"{path}&Page=0",
        "next_page_uri": f"{path}&Page=1&PageToken=PA{last}",
        "previous_page_uri": None,
        "uri": f"{path}&Page=0",
        "page": 0,
        "page_size": 2,
        "start": 0,
        "end": 1,
    }


def test_list_filters_by_recipient_and_sender(client: Any) -> None:
    wanted = create(client, to="+818011111111", from_="Shop").sid
    create(client, to="+818011111111", from_="Bank")
    create(client, from_="Shop")

    assert [message.sid for message in client.messages.list(to="+818011111111", from_="Shop")] == [wanted]


def test_list_filters_by_the_time_of_sending(client: Any) -> None:
    sid = create(client).sid
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")
    sent = client.messages(sid).fetch().date_sent
    hour = timedelta(hours=1)

    assert len(client.messages.list(date_sent=sent.date())) == 1
    assert len(client.messages.list(date_sent=sent.date() - timedelta(days=1))) == 0
    assert len(client.messages.list(date_sent_after=sent - hour, date_sent_before=sent + hour)) == 1
    assert len(client.messages.list(date_sent_after=sent + hour)) == 0
    assert len(client.messages.list(date_sent_before=sent - hour)) == 0


@pytest.mark.parametrize("filter_", ["nonsense", "2026-13-40", "<script>"])
def test_malformed_date_is_refused(simulator: Simulator, filter_: str) -> None:
    url = f"{simulator.messages_url}.json"
    answer = requests.get(url, params={"DateSent": filter_}, auth=simulator.credentials, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_message_is_redacted_and_deleted_once_it_is_done(client: Any) -> None:
    sid = create(client).sid
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")

    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as error:
        client.messages(sid).fetch()
    assert (error.value.status, error.value.code) == (404, 20404)


class TestSlowCourse:
    @pytest.fixture
    def pace(self) -> Pace:
        return Pace(first_ms=60_000)

    def test_message_in_progress_is_not_deleted(self, client: Any) -> None:
        sid = create(client).sid
        with pytest.raises(TwilioRestException) as error:
            client.messages(sid).delete()
        assert (error.value.status, error.value.code) == (409, 20009)

    def test_only_a_scheduled_message_is_canceled(self, client: Any) -> None:
        later = datetime.now(UTC) + timedelta(hours=1)
        scheduled = client.messages.create(
            to=RECIPIENT, messaging_service_sid=SERVICE, body="Later", schedule_type="fixed", send_at=later
        )
        assert scheduled.status == "scheduled"
        assert client.messages(scheduled.sid).update(status="canceled").status == "canceled"

        with pytest.raises(TwilioRestException) as error:
            client.messages(create(client).sid).update(status="canceled")
        assert error.value.code == 30409
