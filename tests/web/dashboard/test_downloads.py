"""What a page lists, as a file: all of it and no more, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF8
from html import unescape
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import EventType
from shortlink.use_cases.download_gate import MOST_OF_ONE
from shortlink.use_cases.read_archive import ArchiveDesk
from shortlink.web.dashboard import downloads
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import archived

GOOD = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED)
BAD = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_FAILED)
JUNE_21 = 1_782_000_000_000  # 2026-06-21 00:00 UTC


def offered(reader: Reader, path: str) -> str:
    """Give the address of the file that a page offers."""
    [address] = re.findall(r'<a href="/dashboard([^"]+)">Download CSV</a>', reader.page(path))
    return unescape(address)


def table(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(BOM_UTF8), "without it, Excel takes UTF-8 for something else"
    return list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_messages_are_those_of_the_search_and_of_all_its_pages(
    reader: Reader, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_AT_ONCE", 2)
    wanted = [archived(reader, now + place, *BAD, tags=("spring",)).message_id for place in range(5)]
    archived(reader, now, *GOOD, tags=("spring",))
    archived(reader, now, *BAD)
    found = table(reader.get(offered(reader, "/messages?status=failed&tag=spring")))
    assert [row["Message id"] for row in found] == wanted[::-1]


def test_file_of_a_search_for_a_number_is_of_that_number(reader: Reader, now: int) -> None:
    met = archived(reader, now, *GOOD, recipient="+818012345678")
    archived(reader, now, *GOOD, recipient="+14155550100")
    address = offered(reader, reader.search(number="+81 80-1234-56"))
    assert "8180123456" not in address  # fewer digits can stand in the seal by chance
    assert [row["Message id"] for row in table(reader.get(address))] == [met.message_id]


def test_message_is_told_in_words_and_in_the_readers_time(reader: Reader) -> None:
    met = archived(reader, JUNE_21, *BAD, EventType.LINK_CLICKED, tags=("a", "b"), price=0.5)
    reader.client.set_cookie("shortlink_zone", "Asia/Tokyo", path="/dashboard")
    assert table(reader.get("/messages.csv")) == [
        {
            "Message id": met.message_id,
            "Recipient": "+818011234567",
            "Status": "Not delivered",
            "Failed because": "30003",
            "Clicks": "1",
            "Machine hits": "0",
            "Link": "https://shop.test/<x>",
            "Tags": "a,b",
            "Sender": "SHOP",
            "Segments": "1",
            "Cost": "0.5",
            "Accepted (Asia/Tokyo)": "2026-06-21 09:00:00",
            "First click (Asia/Tokyo)": "2026-06-21 09:00:00",
        }
    ]


def test_rows_are_bounded_and_the_page_says_so(reader: Reader, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_AT_ONCE", 2)
    monkeypatch.setattr(downloads, "MOST_ROWS", 4)
    for number in range(6):
        archived(reader, now, *GOOD, target=f"https://shop.test/{number}", tags=(f"tag-{number}",))
    for path in ("/messages", "/links", "/tags"):
        assert "4 at most" in reader.page(path)
        assert len(table(reader.get(offered(reader, path)))) == 4


def test_nothing_in_a_file_is_a_formula(reader: Reader, now: int) -> None:
    evil = "=HYPERLINK(A1)"
    archived(reader, now, *GOOD, target="@SUM(A1)", tags=(evil,), sender="+1;=1+1")
    [message] = table(reader.get("/messages.csv"))
    assert (message["Tags"], message["Link"], message["Sender"]) == (f"'{evil}", "'@SUM(A1)", "'+1;=1+1")
    assert table(reader.get("/links.csv"))[0]["Leads to"] == "'@SUM(A1)"
    assert table(reader.get("/tags.csv"))[0]["Tag"] == f"'{evil}"


def test_links_are_those_of_the_period_and_the_tag(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD, tags=("spring",))
    archived(reader, now, *GOOD, target="https://other.test/")
    archived(reader, now - 40 * 86_400_000, *GOOD, target="https://old.test/", tags=("spring",))
    found = table(reader.get(offered(reader, "/links?period=7&tag=spring")))
    assert found == [{"Leads to": "https://shop.test/<x>", "Clicked": "1", "Clicks": "1"}]


def test_tags_are_those_of_the_period_in_the_order_of_the_page(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD, tags=("autumn",), price=0.25)
    archived(reader, now, *GOOD, tags=("spring",))
    archived(reader, now - 40 * 86_400_000, *GOOD, tags=("winter",))
    found = table(reader.get(offered(reader, "/tags?period=7&sort=tag&order=down")))
    assert [row["Tag"] for row in found] == ["spring", "autumn"]
    assert list(found[1].values()) == ["autumn", "1", "1", "1", "1", "1", "1", "0.25"]


def test_what_makes_no_sense_is_told_on_the_page_instead_of_an_empty_file(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD)
    for path, lead in (
        ("/messages.csv?status=zzz", "/messages?status=zzz"),
        ("/messages.csv?sealed=zzz", "/messages?sealed=zzz"),
        ("/links.csv?period=8", "/links?period=8"),
        ("/tags.csv?from=2026-99-99", "/tags?from=2026-99-99"),
    ):
        answer = reader.get(path)
        assert (answer.status_code, answer.location) == (303, f"/dashboard{lead}")


def test_file_of_a_session_that_is_over_leads_back_to_the_page_that_offers_it(visitor: Reader) -> None:
    for path, page in (
        ("/messages.csv?tag=a+b&status=failed", "/messages?tag=a+b&status=failed"),
        ("/links.csv?period=7", "/links?period=7"),
        ("/tags.csv", "/tags"),
        ("/logs/2026-06-21/clicks.2026-06-21.log/header", "/logs/2026-06-21"),
    ):
        there = parse_qs(urlsplit(visitor.get(path).location).query)["next"]
        assert there == [f"/dashboard{page}"]
        assert visitor.get("/login", query_string={"next": there}).status_code == 200


def test_file_is_for_who_is_logged_in_and_of_his_account_alone(reader: Reader, now: int) -> None:
    archived(reader, now, *GOOD, tags=("spring",))
    other = reader.accounts.add("Other")
    reader.post("/logout")
    for path in ("/messages.csv", "/links.csv", "/tags.csv"):
        assert reader.get(path).location.startswith("/dashboard/login")
    reader.sign_in(other.sid, other.auth_token)
    for path in ("/messages.csv", "/links.csv", "/tags.csv"):
        assert table(reader.get(path)) == []


def test_archive_that_is_away_is_told_instead_of_a_file_that_is_cut(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArchiveUnavailable("away")

    monkeypatch.setattr(ArchiveDesk, "search", fail)
    assert reader.get("/messages.csv").status_code == 503


@pytest.mark.parametrize("path", ["/messages.csv", "/links.csv", "/tags.csv"])
def test_files_that_are_not_taken_leave_no_room_for_more_until_one_ends(reader: Reader, now: int, path: str) -> None:
    archived(reader, now, *GOOD, tags=("spring",))
    begun = [reader.get(path) for _ in range(MOST_OF_ONE)]
    refused = reader.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    assert "8 of your files are being downloaded: wait until one has come" in refused.text
    begun[0].close()
    assert reader.get(path).status_code == 200


def test_file_that_could_not_be_begun_takes_no_room(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArchiveUnavailable("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(ArchiveDesk, "search", fail)
        assert {reader.get("/messages.csv").status_code for _ in range(MOST_OF_ONE + 1)} == {503}
    assert reader.get("/messages.csv").status_code == 200
