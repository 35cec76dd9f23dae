"""Figures lead to the list of what they count."""

from __future__ import annotations

import re
from html import unescape

from shortlink.domain.event import EventType
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import TARGET, archived
from tests.web.dashboard.test_replies import happened, rows, wrote
from tests.web.dashboard.test_search import shown


def leads(page: str) -> dict[str, tuple[str, str]]:
    """Read each figure that leads somewhere by its label: the number, and where to."""
    found = re.findall(
        r'class="label">([^<]+)</span><span class="value[^"]*"><a href="/dashboard([^"]+)">([\d,]+)<', page
    )
    return {label: (number, unescape(address)) for label, address, number in found}


def sell(reader: Reader, now: int) -> dict[str, str]:
    """Let a message of a tag fail, one be clicked, one wait and one be sent; more without it, and long before."""
    good = (
        *(EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_SUBMITTED),
        *(EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED),
    )
    bad = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_FAILED)
    for at, tags in ((now, ()), (now - 40 * 86_400_000, ("spring",))):
        for types in (good, bad):
            archived(reader, at, *types, tags=tags)
    sent = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_SUBMITTED, EventType.MESSAGE_SENT)
    courses = {"good": good, "bad": bad, "waiting": good[:1], "sent": sent}
    found = {name: archived(reader, now, *types, tags=("spring",)) for name, types in courses.items()}
    return {name: met.message_id for name, met in found.items()}


def test_each_figure_leads_to_the_messages_that_it_counts(reader: Reader, now: int) -> None:
    sold = sell(reader, now)
    figures = leads(reader.page("/?period=7&tag=spring"))
    found = {label: (number, set(shown(reader.page(figures[label][1])))) for label, (number, _) in figures.items()}
    assert found["Accepted"] == ("4", set(sold.values()))
    assert found["Submitted"] == ("2", {sold["good"], sold["sent"]})
    assert found["Delivered"] == found["Clicked"] == ("1", {sold["good"]})
    assert found["Failed"] == ("1", {sold["bad"]})
    assert figures["Clicks"][1] == "/links?tag=spring&period=7"


def test_figure_of_nothing_leads_nowhere(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    assert set(leads(reader.page("/"))) == {"Accepted"}


def test_replies_lead_to_those_of_the_period(reader: Reader, now: int) -> None:
    wrote(reader, now - 40 * 86_400_000, "Long ago")
    wrote(reader, now, "Today")
    number, address = leads(reader.page("/"))["Replies"]
    assert (number, [text for _, text in rows(reader.page(address))]) == ("1", ["Today"])


def test_opted_out_leads_to_just_those_and_says_so(reader: Reader, now: int) -> None:
    wrote(reader, now, "Stop", inbound_id="i-stop", keyword="stop")
    happened(reader, now, EventType.RECIPIENT_UNSUBSCRIBED, inbound_id="i-stop", reason="word")
    happened(reader, now, EventType.RECIPIENT_RESUBSCRIBED, inbound_id="i-start", reason="word")
    [(address, number)] = re.findall(r'<a href="/dashboard([^"]+)">(\d) opted out</a>', reader.page("/"))
    page = reader.page(unescape(address))
    assert (number, [name for name, _ in rows(page)]) == ("1", ["Opted out"])
    assert re.findall(r'aria-current="true">([^<]+)<', page) == ["Opt-outs"]
    [again] = re.findall(r'<a href="/dashboard([^"]+)"[^>]*>Opt-ins<', page)
    assert [name for name, _ in rows(reader.page(unescape(again)))] == ["Opted in again"]


def test_clicks_of_a_link_lead_to_the_messages_that_led_there(reader: Reader, now: int) -> None:
    sold = sell(reader, now)
    archived(reader, now, EventType.LINK_CLICKED, target=f"{TARGET}/y", tags=("spring",))
    for path in ("/links?period=7&tag=spring", "/?period=7&tag=spring"):
        addresses = re.findall(r'<a href="/dashboard(/messages[^"]+x%3E&amp;[^"]+)">', reader.page(path))
        assert [shown(reader.page(unescape(address))) for address in addresses] == [[sold["good"]]]


def test_link_is_found_whatever_follows_its_question_mark_or_hash(reader: Reader, now: int) -> None:
    wanted = [
        archived(reader, now, EventType.MESSAGE_ACCEPTED, target=f"https://shop.test/a{end}").message_id
        for end in ("", "?id=7", "#top")
    ]
    archived(reader, now, EventType.MESSAGE_ACCEPTED, target="https://shop.test/ab")
    assert set(shown(reader.page("/messages?link=https://shop.test/a"))) == set(wanted)


def test_failures_are_found_by_their_reason(reader: Reader, now: int) -> None:
    sold = sell(reader, now)
    page = reader.page("/messages?status=failed&reason=30003&tag=spring&from=2026-01-01")
    assert sold["bad"] in shown(page)
    assert "Failed because: The phone could not be reached: switched off, or without signal. (30003)" in page
    assert shown(reader.page("/messages?status=failed&reason=30005")) == []


def test_condition_that_has_no_field_is_told_kept_and_can_be_left_out(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    page = reader.page("/messages?link=https://other.test/&tag=spring")
    assert "Leads to https://other.test/" in page
    assert '<input type="hidden" name="link" value="https://other.test/">' in page
    assert '<a href="/dashboard/messages?tag=spring">Leave out' in page
    assert "Filters (1<" in page
    assert "link=https" in reader.search(link="https://other.test/", status="failed")


def test_reasons_of_failure_are_told_by_frequency_and_lead_to_their_messages(reader: Reader, now: int) -> None:
    def fail(error: str, *tags: str) -> str:
        return archived(reader, now, EventType.MESSAGE_FAILED, error=error, tags=tags).message_id

    away = {fail("30003", "spring"), fail("30003", "spring")}
    gone, unknown = fail("30005", "spring"), fail("", "spring")
    fail("30007")
    page = reader.page("/?period=7&tag=spring")
    table = page.partition("Why messages failed")[2].partition("</table>")[0]
    texts = [re.sub(r"<[^>]+>", "", row) for row in re.findall("<tr>(.*?)</tr>", table)[1:]]
    assert texts == [
        "The phone could not be reached: switched off, or without signal. (30003)2: the messages50.0%",
        "The number is unknown or no longer in service. (30005)1: the messages25.0%",
        "Other reasons, or none that is known125.0%",
    ]
    addresses = [unescape(one) for one in re.findall(r'href="/dashboard([^"]+)"', table)]
    assert [set(shown(reader.page(address))) for address in addresses] == [away, {gone}]
    assert unknown in shown(reader.page("/messages?status=failed&tag=spring"))


def test_reasons_are_no_matter_where_nothing_failed(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_DELIVERED)
    assert "Why messages failed" not in reader.page("/")
