"""The overview: which clicks and rates it shows, of a tag alone, and what it says while there are none."""

from __future__ import annotations

import re

from shortlink.domain.event import Event, EventType
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import archived


def test_a_click_is_not_said_to_be_a_machines(reader: Reader, now: int) -> None:
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED)
    hit = Event(
        id="h1-0",
        type=EventType.LINK_PREVIEWED,
        at=now,
        account=reader.sid,
        message_id=met.message_id,
        code=met.code,
        data={"verdict": "preview", "rule": "apple-messages"},
    )
    reader.log.append([hit])
    [cell] = re.findall('<td class="hits">(.*?)</td>', reader.page("/messages"))
    assert re.sub("<[^>]+>", "", cell) == "1 click 1 machine hit, not counted"
    overview = reader.page("/?period=today")
    assert "1 click, 1 machine hit<" in overview
    assert "0 clicks, 0 machine hits<" in overview


def test_rate_of_a_tag_says_of_how_many_and_every_tag_is_listed(reader: Reader, now: int) -> None:
    for number in range(10):
        archived(reader, now, EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED, tags=(f"tag-{number}",))
    archived(reader, now, EventType.MESSAGE_DELIVERED, tags=("tag-0",))
    overview = reader.page("/")
    rows = re.findall(
        r'<th scope="row" class="wraps"><a [^>]+>(tag-\d)</a></th><td[^>]+><a [^>]+>(\d)<.*?</td><td[^>]+>(.*?)</td>',
        overview,
    )
    assert ("tag-0", "1", '50.0% <span class="none">(1 of 2)</span>') in rows
    assert len(rows) == 10
    assert "Show 2 more" in overview


def test_the_overview_tells_clicks_of_plain_programs_apart(reader: Reader, now: int) -> None:
    assert "by plain programs<" not in reader.page("/?period=today")
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED)
    data = {"verdict": "unknown", "rule": "agent:curl", "first": True}
    click = Event(id="c1-0", type=EventType.LINK_CLICKED, at=now, account=reader.sid, code=met.code, data=data)
    reader.log.append([click])
    shown = reader.page("/")
    assert "1 of them by plain programs<" in shown
    assert "people" not in shown


def test_overview_without_figures_says_what_to_do(reader: Reader, now: int) -> None:
    first = reader.page("/")
    assert "Send your first message" in first
    assert f"curl -u {reader.sid}:YOUR_TOKEN" in first
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=("a",))
    later = reader.page("/?period=today&tag=b")
    assert "Nothing was sent or tapped today with the tag b" in later
    assert "curl" not in later


def test_overview_of_a_tag_is_of_the_tag_alone(reader: Reader, now: int) -> None:
    """Clicks without a receipt of delivery are clicks, but not of delivered messages."""
    both = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED)
    for types in (both, both, (EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED)):
        archived(reader, now, *types, tags=("magic",))
    archived(reader, now, *both[:2], tags=("other",))
    magic, other = reader.page("/?tag=magic"), reader.page("/?tag=other")
    led_to = "https://<wbr>shop.<wbr>test/<wbr>&lt;x&gt;"
    assert led_to in magic
    assert led_to not in other
    assert "No link with the tag other was tapped" in other
    assert led_to in reader.page("/links?tag=magic&period=7")
    assert "No link with the tag other was tapped in this period" in reader.page("/links?tag=other&period=7")
    assert re.findall(r"Click rate on delivered</span><span class=\"value\">([^<]+)<small>([^<]+)", magic) == [
        ("100% ", "2 of 2")
    ]
