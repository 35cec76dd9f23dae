"""Where things stand on the pages, measured in a real browser."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from bench.past import event_of
from shortlink.domain.event import Event, EventType
from tests.browser.conftest import PHONE, Open, Site
from tests.browser.test_pages import WIDER
from tests.factories import make_met

# Labels and tips of the chart that are not at their columns, on each other or beyond the card.
MISPLACED = """() => {
  const box = (one) => one.getBoundingClientRect();
  const card = box(document.querySelector(".chart"));
  const columns = [...document.querySelectorAll(".columns li")];
  const within = (one) => one.left >= card.left && one.right <= card.right;
  let end = -Infinity;
  const labels = [...document.querySelectorAll(".span span")].map((span, place) => {
    if (!span.firstChild) return "";
    const range = document.createRange();
    range.selectNode(span.firstChild);
    const [label, column, before] = [box(range), box(columns[place]), end];
    end = label.right;
    const beside = (label.left + label.right - column.left - column.right) / 2;
    return Math.abs(beside) < 1 && label.left > before && within(label) ? "" : `${span.innerText} of ${place}`;
  });
  const tips = columns.map((column) => {
    const [tip, own] = [box(column.firstChild), box(column)];
    const at = Math.abs(tip.left - own.left) < 1 || Math.abs(tip.right - own.right) < 1;
    return at && within(tip) ? "" : column.innerText;
  });
  return [...labels, ...tips].filter(Boolean);
}"""
# Words of a table's head, of clicks and of times that stand in two lines.
BROKEN = """() => {
  const words = [];
  const walk = document.createTreeWalker(document.querySelector("table.found"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("thead, .hits, time, .pill")) continue;
    for (const found of walk.currentNode.data.matchAll(/[^ \\n]+/g)) {
      const range = document.createRange();
      range.setStart(walk.currentNode, found.index);
      range.setEnd(walk.currentNode, found.index + found[0].length);
      if (range.getClientRects().length > 1) words.push(found[0]);
    }
  }
  return words;
}"""
OWN_LINES = """one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return range.getClientRects().length;
}"""
LINES = "one => Math.round(one.clientHeight / parseFloat(getComputedStyle(one).lineHeight))"


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_labels_and_tips_of_the_chart_are_at_their_columns_however_many(open_page: Open, width: int) -> None:
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    with open_page(viewport={"width": width, "height": 800}) as page:
        for days in (1, 2, 3, 7, 30, 57, 85, 100, 301, 700, 1100):
            last = today if days > 1 else today - timedelta(days=1)  # a day that has just begun may have no chart
            page.goto(f"/dashboard/?from={last - timedelta(days=days - 1)}&to={last}")
            assert (days, page.evaluate(MISPLACED)) == (days, [])


@pytest.mark.parametrize("width", [1024, 768])
def test_table_of_messages_breaks_no_word_of_ours(open_page: Open, site: Site, width: int) -> None:
    site.send(sender="WWWWWWWWWW", tags="a-tag-of-a-customer-without-any-blanks,spring-sale")
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/messages")
        assert page.evaluate(BROKEN) == []
        assert page.evaluate(WIDER) == 0


@pytest.mark.parametrize("width", [390, 320])
def test_time_of_a_message_stands_at_the_end_of_its_line_on_a_phone(open_page: Open, site: Site, width: int) -> None:
    site.send(sender="WWWWWWWWWW")
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/messages")
        row = page.locator("tbody tr", has_text="WWWWWWWWWW").first
        whole, sender, time = (one.bounding_box() for one in (row, row.locator("[data-label]"), row.locator("time")))
        assert whole
        assert sender
        assert time
        assert sender["y"] <= time["y"] < sender["y"] + sender["height"]
        assert abs(time["x"] + time["width"] - whole["x"] - whole["width"]) < 1


def test_time_is_the_last_of_its_line_also_before_a_short_tag(open_page: Open, site: Site) -> None:
    met = make_met(account=site.sid, accepted_at=int(time.time() * 1000), sender="WWW", tags=("otp",), link=None)
    site.log.append([event_of(met, EventType.MESSAGE_ACCEPTED, met.accepted_at)], met=[met])
    with open_page(viewport=PHONE) as page:
        page.goto("/dashboard/messages?tag=otp")
        row = page.locator("tbody tr").first
        when, tag, hits = (row.locator(one).bounding_box() for one in ("time", ".tag", ".hits .none"))
        assert when
        assert tag
        assert hits
        assert when["y"] + when["height"] <= min(tag["y"], hits["y"]) + 1


@pytest.mark.parametrize("width", [1120, 768])
def test_number_that_was_answered_stands_in_one_line_beside_a_long_text(
    open_page: Open, site: Site, width: int
) -> None:
    now = int(time.time() * 1000)
    came = Event(
        id=f"i{now}",
        type=EventType.MESSAGE_RECEIVED,
        at=now,
        account=site.sid,
        recipient="+818012345678",
        sender="+15005550006",
        data={"inbound_id": "i-long", "text": "Where is my parcel? " * 20, "keyword": ""},
    )
    site.log.append([came])
    with open_page(viewport={"width": width, "height": 800}) as page:
        page.goto("/dashboard/replies")
        sender = page.locator("td[data-label=to]").first
        expect(sender).to_have_text("+1 500-555-0006")
        assert sender.evaluate(OWN_LINES) == 1
        assert page.evaluate(WIDER) == 0


def test_faults_stand_apart_from_each_other_and_from_what_follows(open_page: Open) -> None:
    with open_page(forgive=("400",)) as page:
        for path, second in (
            ("/dashboard/messages?clicked=foo&status=foo", "main > .fault + .fault"),
            ("/dashboard/links?short=nonsense", "#found .card"),
        ):
            page.goto(path)
            above, below = page.locator("main > .fault").first.bounding_box(), page.locator(second).first.bounding_box()
            assert above
            assert below
            assert below["y"] - above["y"] - above["height"] >= 8


def test_long_address_takes_three_lines_until_it_is_unfolded(open_page: Open, site: Site) -> None:
    address = f"https://shop.test/{'spring-sale/' * 35}"
    msgid = site.send(message=f"Sale {address}")
    with open_page(viewport=PHONE) as page:
        page.goto(f"/dashboard/messages/{msgid}")
        shown = page.locator(".long")
        assert shown.get_attribute("title") == address
        folded = shown.evaluate(LINES)
        page.get_by_text("Show all").click()
        assert folded == 3 < shown.evaluate(LINES)
        page.get_by_text("Show less").click()
        assert shown.evaluate(LINES) == 3
