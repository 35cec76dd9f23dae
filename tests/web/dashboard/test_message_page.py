"""The page of one message: whose it is, its link, its record when that is damaged or gone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import redis

from shortlink.config import Settings
from shortlink.domain.event import Event, EventType
from shortlink.storage import keys
from shortlink.storage.connection import Store, connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.limits import LimitStore
from tests.factories import make_met
from tests.web.conftest import PHONE
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import FIELDS, archived, send


def test_redeliveries_have_the_limit_of_the_api(reader: Reader) -> None:
    path = f"/messages/{send(reader)}/callbacks/c/redeliver"
    answers = [reader.post(path) for _ in range(70)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) == 1


def test_another_accounts_message_is_not_found(reader: Reader, now: int) -> None:
    other = reader.accounts.add("Other")
    answer = reader.client.post("/sms/messages/", auth=(other.sid, other.auth_token), data=FIELDS | {"track_link": "1"})
    msgid = answer.get_json()[0]["msgid"]
    assert reader.get(f"/messages/{msgid}").status_code == 404
    assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 404
    assert reader.post(f"/messages/{msgid}/callbacks/c/redeliver").status_code == 404
    assert reader.get("/messages/none").status_code == 404
    code = reader.services.messages.get(msgid).code
    assert "No message of yours" in reader.page(f"/links?short=https://sl.test/{code}")


def test_without_an_archive_a_message_is_shown_from_its_record(open_dashboard: Callable[..., Reader]) -> None:
    reader = open_dashboard(archive_dir=None)
    msgid = send(reader, track_link="true")
    assert reader.get(f"/message?msgid={msgid}").location == f"/dashboard/messages/{msgid}"
    shown = reader.page(f"/messages/{msgid}")
    assert "https://shop.test/?a=1" in shown
    assert "<b>Accepted</b>" in shown


def test_message_that_outlived_its_record_is_shown_from_the_archive(reader: Reader, now: int) -> None:
    lost = archived(reader, now, EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_FAILED)
    shown = reader.page(f"/messages/{lost.message_id}")
    assert "no longer kept" in shown
    assert "Not delivered" in shown
    assert "(30003)" in shown
    assert "Switch the link off" not in shown


def recorded(reader: Reader) -> tuple[str, str]:
    """Send a message that the archive knows as well; give its id and the key of its record."""
    msgid = send(reader, track_link="true")
    given = reader.services.messages.get(msgid)
    link = given.link.link if given.link else None
    met = make_met(code=given.code, message_id=msgid, account=reader.sid, link=link, accepted_at=given.accepted_at)
    reader.log.append([], met=[met])
    return msgid, keys.record(given.code)


@pytest.mark.parametrize("value", [None, b"\xff"])
def test_a_damaged_message_is_said_to_be_damaged_and_its_link_can_be_switched(
    reader: Reader, store: redis.Redis, now: int, value: bytes | None
) -> None:
    msgid, name = recorded(reader)
    store.hdel(name, "t") if value is None else store.hset(name, "t", value)
    shown = reader.page(f"/messages/{msgid}")
    assert "record is damaged: " in shown
    assert "The text cannot be read now" in shown
    assert "no longer kept" not in shown
    assert 'value="off">Switch the link off<' in shown
    assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 303
    code = name.partition("}m")[2]
    assert reader.client.get(f"/{code}", headers={"User-Agent": PHONE}).status_code == 410
    told = Event(id="a1", type=EventType.LINK_DISABLED, at=now, account=reader.sid, message_id=msgid, code=code)
    reader.log.append([told])
    assert 'value="on">Switch the link on<' in reader.page(f"/messages/{msgid}")
    assert reader.post(f"/messages/{msgid}/link", turn="on").status_code == 303
    assert not store.hexists(name, "z")


def test_links_are_switched_here_by_the_same_measure_as_by_the_api(reader: Reader, client: Store) -> None:
    msgid, _ = recorded(reader)
    limits = LimitStore(client)
    limits.perform(limits.take_steps("switch", reader.sid, rate=50.0, burst=1, count=20_000))
    refused = reader.post(f"/messages/{msgid}/link", turn="off")
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert 'value="off">Switch the link off<' in reader.page(f"/messages/{msgid}")


def test_a_link_can_be_switched_off_here_in_a_store_that_is_full(reader: Reader, store: redis.Redis) -> None:
    msgid, name = recorded(reader)
    store.config_set("maxmemory", "1")
    try:
        assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 303
    finally:
        store.config_set("maxmemory", "0")
    assert store.hexists(name, "z")


def test_a_page_follows_a_record_that_is_mended(reader: Reader, store: redis.Redis) -> None:
    msgid, name = recorded(reader)
    sender = store.hget(name, "f")
    store.hdel(name, "f")
    [again] = re.findall(r'hx-get="/dashboard(/messages/[^"]+)"', reader.page(f"/messages/{msgid}"))
    part = {"HX-Request": "true"}
    assert reader.get(again.replace("&amp;", "&"), headers=part).status_code == 204
    store.hset(name, "f", str(sender))
    news = reader.get(again.replace("&amp;", "&"), headers=part)
    assert (news.status_code, "is damaged" in news.text) == (200, False)


def test_another_account_cannot_switch_the_link_of_a_damaged_message(reader: Reader, store: redis.Redis) -> None:
    other = reader.accounts.add("Other")
    login = (other.sid, other.auth_token)
    answer = reader.client.post("/sms/messages/", auth=login, data=FIELDS | {"track_link": "1"})
    msgid = answer.get_json()[0]["msgid"]
    name = keys.record(reader.services.messages.get(msgid).code)
    store.hdel(name, "f")
    assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 404
    store.hdel(name, "a")
    refused = reader.post(f"/messages/{msgid}/link", turn="off")
    assert (refused.status_code, "`shortlink links disable " in refused.text) == (500, True)
    assert not store.hexists(name, "z")


def test_a_damaged_message_that_no_archive_knows_is_said_to_be_damaged(
    open_dashboard: Callable[..., Reader], store: redis.Redis
) -> None:
    reader = open_dashboard(archive_dir=None)
    msgid = send(reader, track_link="true")
    store.hdel(keys.record(reader.services.messages.get(msgid).code), "f")
    answer = reader.get(f"/messages/{msgid}")
    assert (answer.status_code, "record is damaged: its field" in answer.text) == (500, True)
    assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 303


def test_link_is_switched_and_nonsense_is_refused(reader: Reader) -> None:
    msgid = send(reader, track_link="true")
    assert reader.post(f"/messages/{msgid}/link", turn="off").status_code == 303
    assert "Switched off" in reader.page(f"/messages/{msgid}")
    assert reader.post(f"/messages/{msgid}/link", turn="sideways").status_code == 400
    assert reader.post(f"/messages/{msgid}/link", turn="on").status_code == 303
    assert "Switched off" not in reader.page(f"/messages/{msgid}")


def test_a_message_whose_link_led_nowhere_says_how_often_and_the_page_follows(reader: Reader) -> None:
    msgid = send(reader, track_link="true")
    reader.post(f"/messages/{msgid}/link", turn="off")
    page = reader.page(f"/messages/{msgid}")
    assert "Led nowhere" not in page
    [again] = re.findall(r'hx-get="/dashboard(/messages/[^"]+)"', page)
    link = reader.services.messages.get(msgid).link
    assert link is not None
    phone = {"User-Agent": PHONE}
    assert [reader.client.get(f"/{link.code}", headers=phone).status_code for _ in range(2)] == [410, 410]
    news = reader.client.get(f"/dashboard{again}", headers={"HX-Request": "true"})
    assert (news.status_code, "Led nowhere</dt><dd>2 taps, the last" in news.text) == (200, True)


def test_a_switch_in_the_dashboard_is_noted_as_such(reader: Reader, settings: Settings) -> None:
    msgid = send(reader, track_link="true")
    reader.post(f"/messages/{msgid}/link", turn="off")
    [*_, last] = Inspector(connect(settings.redis_url)).events(msgid[0])
    assert (last.value, last.detail) == ("off", "dashboard")
