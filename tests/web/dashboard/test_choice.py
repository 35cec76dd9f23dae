"""What a reader has chosen stays chosen on the next page, and on the way back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from shortlink.domain.event import EventType
from shortlink.web.dashboard.messages import PAGE
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import archived
from tests.web.dashboard.test_downloads import table
from tests.web.dashboard.test_leads import leads
from tests.web.dashboard.test_replies import rows, wrote
from tests.web.dashboard.test_search import shown

DAY_MS = 86_400_000


def menu(page: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Read where the entries of the menu lead: the page, and what is chosen on it."""
    found = re.findall(r'<li><a href="/dashboard([^"]*)"[^>]*>([^<]+)</a></li>', page)
    parts = {title: urlsplit(unescape(address)) for address, title in found}
    return {title: (part.path, dict(parse_qsl(part.query))) for title, part in parts.items()}


def crumb(page: str) -> str:
    [address] = re.findall(r'class="crumb"><a href="/dashboard([^"]*)"', page)
    return unescape(address)


def first_message(page: str) -> str:
    [address, *_] = re.findall(r'<a id="m\d+" href="/dashboard([^"]*)"', page)
    return unescape(address)


@pytest.mark.parametrize("path", ["/", "/links", "/messages"])
def test_tag_beyond_those_that_fit_into_a_list_can_be_typed(reader: Reader, now: int, path: str) -> None:
    few = tuple(f"a{number:04}" for number in range(999))
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=few)
    assert '<select id="tag" name="tag">' in reader.get(path).text
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=("zebra", "zoo"))
    page = reader.get(path, query_string={"tag": "zoo"}).text
    assert '<select id="tag"' not in page
    [field] = re.findall('<input id="tag" name="tag"[^>]*>', page)
    assert 'value="zoo"' in field
    assert page.count('<option value="a0') == len(few), "what fits is suggested"


@pytest.mark.parametrize("path", ["/", "/links", "/tags", "/messages", "/replies", "/messages/{msgid}"])
def test_period_and_tag_are_carried_to_every_page_that_knows_them(reader: Reader, now: int, path: str) -> None:
    msgid = archived(reader, now, EventType.MESSAGE_ACCEPTED).message_id
    days = {"from": "2026-01-01", "to": "2026-01-31", "tag": "spring & co"}
    shown = reader.get(path.format(msgid=msgid), query_string=days).text
    for title in ("Overview", "Messages", "Replies", "Links", "Tags"):
        assert menu(shown)[title][1] == days
    assert menu(shown)["Settings"] == ("/settings", {})


def test_days_of_a_preset_are_named_to_pages_that_know_days_only(reader: Reader) -> None:
    today = datetime.now(UTC).date()
    week = {"from": str(today - timedelta(days=6)), "to": str(today), "tag": "spring"}
    for path in ("/", "/links"):
        there = menu(reader.page(f"{path}?period=7&tag=spring"))
        assert there["Messages"] == ("/messages", week)
        assert there["Replies"] == ("/replies", week)
        assert there["Links"] == ("/links", {"period": "7", "tag": "spring"})
    back = reader.get("/", query_string=menu(reader.get("/messages", query_string=week).text)["Overview"][1]).text
    assert re.search(r'aria-current="true">7 days<', back)


def test_period_without_its_first_day_begins_with_the_first_event_on_every_page(reader: Reader) -> None:
    noon = int(datetime(2026, 6, 10, 12, tzinfo=UTC).timestamp() * 1000)
    old, new = (
        archived(reader, noon + days * DAY_MS, EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED, tags=("spring",))
        for days in (0, 40)
    )
    until = "to=2026-06-30"
    assert shown(reader.page(f"/messages?{until}")) == [old.message_id]
    assert leads(reader.page(f"/?{until}"))["Accepted"] == ("1", "/messages?from=2026-06-10&to=2026-06-30")
    assert leads(reader.page("/?from=2026-06-11&to=2026-06-30")) == {}
    for page in ("links", "tags"):
        assert "10 Jun 2026 to 30 Jun 2026" in reader.page(f"/{page}?{until}")
        [row] = table(reader.get(f"/{page}.csv?{until}"))
        assert row["Clicked"] == "1"
    assert menu(reader.page(f"/messages?{until}"))["Overview"] == ("/", {"to": "2026-06-30"})
    assert menu(reader.page(f"/?period=7&{until}"))["Messages"] == ("/messages", {"to": "2026-06-30"})
    assert shown(reader.page("/messages?to=2026-12-31")) == [new.message_id, old.message_id]


def test_period_without_its_first_day_that_is_too_long_is_told_so_and_not_cut(reader: Reader) -> None:
    first = int(datetime(2020, 1, 5, 12, tzinfo=UTC).timestamp() * 1000)
    archived(reader, first, EventType.MESSAGE_ACCEPTED)
    refused = reader.get("/?to=2026-06-30")
    assert refused.status_code == 400
    assert "Please begin on 2023-06-27 or later, not on 2020-01-05." in refused.text


def test_nothing_is_carried_where_nothing_was_chosen(reader: Reader) -> None:
    for path in ("/", "/messages", "/replies", "/links", "/tags", "/settings"):
        assert all(not chosen for _, chosen in menu(reader.page(path)).values())


def test_days_that_make_no_sense_are_carried_nowhere(reader: Reader) -> None:
    there = menu(reader.get("/messages?from=2026-99-99&to=2026-01-31&tag=spring").text)
    assert there["Overview"] == ("/", {"tag": "spring"})


def test_form_for_a_short_link_keeps_the_period_and_the_tag(reader: Reader) -> None:
    [form] = re.findall(r'aria-label="Short links">.*?</form>', reader.page("/links?period=7&tag=spring"), re.DOTALL)
    assert '<input type="hidden" name="period" value="7">' in form
    assert '<input type="hidden" name="tag" value="spring">' in form


def test_way_back_from_a_message_leads_to_the_page_of_the_list_it_was_on(reader: Reader, now: int) -> None:
    for _ in range(PAGE + 1):
        archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678", tags=("spring",))
    asked = reader.search(number="+81 80", tag="spring", status="waiting")
    [older] = re.findall(r'href="/dashboard([^"]+)" rel="next"', reader.page(asked))
    for here in (asked, unescape(older)):
        message = reader.page(first_message(reader.page(here)))
        back = crumb(message)
        assert sorted(parse_qsl(urlsplit(back).query)) == sorted(parse_qsl(urlsplit(here).query))
        [again] = re.findall(r'hx-get="/dashboard([^"]+)"', message)
        archived(reader, now, EventType.MESSAGE_ACCEPTED)
        assert set(parse_qsl(urlsplit(back).query)) < set(parse_qsl(urlsplit(unescape(again)).query))


def test_way_back_outlasts_what_is_done_on_a_messages_page(reader: Reader) -> None:
    fields = {"recipient": "+818012345678", "sender": "SHOP", "message": "https://shop.test/", "track_link": "1"}
    sent = reader.client.post("/sms/messages/", auth=(reader.sid, reader.token), data=fields)
    page = reader.page(f"/messages/{sent.get_json()[0]['msgid']}?status=waiting&before=7")
    [action] = re.findall(r'action="/dashboard([^"]+/link[^"]*)"', page)
    there = reader.post(unescape(action), turn="off")
    assert crumb(reader.page(str(there.location).removeprefix("/dashboard"))) == "/messages?status=waiting&before=7"


def test_way_back_leads_to_all_messages_if_none_were_searched(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    assert crumb(reader.page(first_message(reader.page("/messages")))) == "/messages"


def test_tag_in_a_list_is_a_further_condition(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=("spring",))
    page = reader.page("/messages?status=waiting")
    [tag] = re.findall(r'class="tag" href="/dashboard([^"]*)"', page)
    assert dict(parse_qsl(urlsplit(unescape(tag)).query)) == {"status": "waiting", "tag": "spring"}


def test_replies_are_of_the_days_that_are_chosen(reader: Reader) -> None:
    noon = int(datetime(2026, 6, 10, 12, tzinfo=UTC).timestamp() * 1000)
    for number, text in enumerate(("Monday", "Tuesday", "Wednesday")):
        wrote(reader, noon + number * DAY_MS, text)
    shown = [text for _, text in rows(reader.page("/replies?from=2026-06-11&to=2026-06-11"))]
    assert shown == ["Tuesday"]
    assert len(rows(reader.page("/replies?from=2026-06-11"))) == 2
    assert len(rows(reader.page("/replies?to=2026-06-11"))) == 2
    assert "Nobody has answered in these days" in reader.page("/replies?to=2026-06-01")
    refused = reader.get("/replies?from=2026-99-99")
    assert (refused.status_code, rows(refused.text)) == (400, [])
    assert "is no date" in refused.text


def test_clear_leaves_out_the_conditions_of_its_list_and_no_other_choice(reader: Reader) -> None:
    def clear(path: str) -> str:
        [address] = re.findall(r'href="/dashboard([^"]*)">Clear<', reader.page(path))
        return unescape(address)

    chosen = "tag=spring&from=2026-01-01&to=2026-01-31"
    assert clear(f"/replies?only=replies&{chosen}") == "/replies?only=replies&tag=spring"
    assert clear(f"/messages?status=failed&reason=30003&{chosen}") == "/messages"


def test_days_of_replies_are_the_readers_own(reader: Reader) -> None:
    wrote(reader, int(datetime(2026, 6, 10, 2, tzinfo=UTC).timestamp() * 1000), "Late")
    reader.client.set_cookie("shortlink_zone", "America/New_York", path="/dashboard")
    assert rows(reader.get("/replies?from=2026-06-10").text) == []
    assert len(rows(reader.get("/replies?from=2026-06-09&to=2026-06-09").text)) == 1


def test_pages_and_kinds_of_replies_are_of_the_same_days(reader: Reader, now: int) -> None:
    for _ in range(PAGE + 1):
        wrote(reader, now, "Hello")
    today = datetime.now(UTC).date()
    page = reader.page(f"/replies?from={today}&tag=spring")
    addresses = re.findall(r'(?:href|hx-get)="/dashboard(/replies[^"]*(?:only|before|after)=[^"]*)"', page)
    assert len(addresses) == 5
    for address in addresses:
        chosen = dict(parse_qsl(urlsplit(unescape(address)).query))
        assert (chosen["from"], chosen["tag"]) == (str(today), "spring")
