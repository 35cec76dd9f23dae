"""Tags beside each other: every figure of each, in the order that the address asks for."""

from __future__ import annotations

import re
from html import unescape

import pytest

from shortlink.domain.event import EventType
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import archived
from tests.web.dashboard.test_search import shown

GOOD = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED)
_ROW = re.compile(r"<tr>\n<th scope=\"row\".*?</tr>", re.DOTALL)


def rows(page: str) -> list[list[str]]:
    """Read the table: of each tag its name and its figures."""
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in _ROW.findall(page)]
    return [[re.sub(r'<span class="unseen">.*?</span>|<[^>]+>', "", cell) for cell in row] for row in cells]


def names(page: str) -> list[str]:
    return [row[0] for row in rows(page)]


@pytest.fixture
def campaigns(reader: Reader, now: int) -> None:
    """Three messages of one tag, one of them clicked, and one of another, clicked; long ago one of a third."""
    for types in (GOOD, GOOD[:2], GOOD[:1]):
        archived(reader, now, *types, tags=("spring",), price=0.5)
    archived(reader, now, *GOOD, tags=("autumn",), price=2.25)
    archived(reader, now - 40 * 86_400_000, *GOOD, tags=("winter",))
    archived(reader, now, *GOOD)


@pytest.mark.usefixtures("campaigns")
def test_every_tag_of_the_period_has_its_figures(reader: Reader) -> None:
    assert rows(reader.page("/tags?period=7&sort=tag")) == [
        ["autumn", "1", "1", "1", "100% (1 of 1)", "1", "2.25"],
        ["spring", "3", "2", "1", "50.0% (1 of 2)", "3", "1.50"],
    ]
    assert "winter" in names(reader.page("/tags?period=90"))


@pytest.mark.usefixtures("campaigns")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=messages", "spring"),
        ("sort=messages&order=up", "autumn"),
        ("sort=rate", "autumn"),
        ("sort=rate&order=up", "spring"),
        ("sort=cost", "autumn"),
        ("sort=segments", "spring"),
        ("sort=tag", "autumn"),
        ("sort=tag&order=down", "spring"),
        ("sort=nonsense&order=sideways", "spring"),
    ],
)
def test_rows_stand_in_the_order_that_is_asked_for(reader: Reader, query: str, first: str) -> None:
    assert names(reader.page(f"/tags?period=7&{query}"))[0] == first


@pytest.mark.usefixtures("campaigns")
def test_heading_sorts_by_its_figure_and_turns_the_order_that_is(reader: Reader) -> None:
    page = reader.page("/tags?period=7&sort=rate")
    heads = re.findall(r'<th scope="col"([^>]*)><a href="/dashboard([^"]+)">([^<]+)<', page)
    found = {title: (attributes, unescape(address)) for attributes, address, title in heads}
    assert 'aria-sort="descending"' in found["Click rate on delivered"][0]
    assert sum("aria-sort" in attributes for attributes, _ in found.values()) == 1
    assert names(reader.page(found["Click rate on delivered"][1])) == ["spring", "autumn"]
    assert names(reader.page(found["Messages"][1])) == ["spring", "autumn"]
    [month] = re.findall(r'href="/dashboard(/tags[^"]*period=30[^"]*)"', page)
    assert "sort=rate" in month


@pytest.mark.usefixtures("campaigns")
def test_tag_leads_to_its_overview_and_its_figures_to_its_messages(reader: Reader) -> None:
    [row] = [one for one in _ROW.findall(reader.page("/tags?period=7")) if "spring" in one]
    overview, *lists = [unescape(one) for one in re.findall(r'href="/dashboard([^"]+)"', row)]
    assert overview == "/?tag=spring&period=7"
    assert [len(shown(reader.page(one))) for one in lists] == [3, 2, 1]


def test_cost_has_no_column_where_messages_cost_nothing(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD, tags=("spring",))
    assert rows(reader.page("/tags")) == [["spring", "1", "1", "1", "100% (1 of 1)", "1"]]


def test_page_without_tags_says_how_to_give_them(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD)
    assert "tags=spring-sale" in reader.page("/tags?period=today")


def test_overview_leads_to_all_tags_and_all_links_of_its_period(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD, tags=("spring",))
    page = reader.page("/?period=7&tag=spring")
    assert '<a href="/dashboard/tags?tag=spring&amp;period=7">Best tags</a>' in page
    assert '<a href="/dashboard/links?tag=spring&amp;period=7">Best links</a>' in page
