"""A number that is searched for reaches no address: addresses stand in logs and in histories."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shortlink.domain.event import EventType
from shortlink.web.dashboard.messages import PAGE
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import archived

NUMBER = "+81 80-1234-5678"
LOST = "Please type the number again"
_KEPT = re.compile(r'(?:href|hx-get|action)="([^"]*)"|<title>([^<]*)</title>')


def kept_elsewhere(page: str) -> str:
    """Give what of a page may stand in logs and histories: all its addresses, and its title."""
    return " ".join(address + title for address, title in _KEPT.findall(page))


def shown(page: str) -> list[str]:
    return re.findall(r'href="/dashboard/messages/([a-p]\w{31})["?]', page)


def test_number_stands_in_no_address_and_no_title(reader: Reader, now: int) -> None:
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    path = reader.search(number=NUMBER, tag="", status="waiting")
    page = reader.page(path)
    assert shown(page) == [met.message_id]
    assert 'value="+818012345678"' in page
    for text in (path, kept_elsewhere(page), kept_elsewhere(reader.page(f"/messages/{met.message_id}"))):
        assert not re.search("80-?1234|34-?5678", text)  # less of it may stand in what is sealed, by chance
    assert "status=waiting" in path
    assert "tag=" not in path


def test_pages_of_a_search_and_its_news_are_of_the_same_number(reader: Reader, now: int) -> None:
    for _ in range(PAGE + 1):
        archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+14155550100")
    page = reader.page(reader.search(number=NUMBER))
    assert len(shown(page)) == PAGE
    [older] = re.findall(r'href="/dashboard([^"]+)" rel="next"', page)
    [again] = re.findall(r'hx-get="/dashboard([^"]+)"', page)
    assert len(shown(reader.page(older.replace("&amp;", "&")))) == 1
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+14155550100")
    news = reader.get(again.replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert (news.status_code, len(shown(news.text))) == (200, PAGE)


def test_searches_can_be_reloaded_and_others_stay_open_beside_them(reader: Reader, now: int) -> None:
    one = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818011111111")
    two = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818022222222")
    first, second = reader.search(number="818011"), reader.search(number="818022")
    assert shown(reader.page(first)) == shown(reader.page(first)) == [one.message_id]
    assert shown(reader.page(second)) == [two.message_id]
    assert reader.search(number="81 80 11") == first


def test_address_of_a_search_for_a_number_opens_in_no_other_session(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    path = reader.search(number=NUMBER)
    for changed in (path[:-1], path[:-1] + "~", f"{path}A", "/messages?sealed=é", "/messages?number=8180"):
        assert LOST in (page := reader.page(changed))
        assert shown(page) == []
    reader.post("/logout")
    assert reader.get(path).location.startswith("/dashboard/login?next=/dashboard/messages?sealed")
    reader.sign_in()
    assert LOST in reader.page(path)


def test_what_is_no_number_is_told_and_kept_in_its_field(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    for typed in ("Hanako", "+", "1" * 16):
        answer = reader.post("/messages", form="/messages", number=typed, status="waiting")
        assert answer.status_code == 400
        assert "A number has 1 to 15 digits" in answer.text
        assert f'value="{typed}"' in answer.text
        assert 'value="waiting" selected' in answer.text
        assert shown(answer.text) == []


def test_digits_among_letters_are_no_number(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    for typed in ("shop8", "order-8", "Hanako 81", "花子 81", "8bBgNpgDZ", "https://shop.test/81"):
        answer = reader.post("/messages", form="/messages", number=typed)
        assert (typed, answer.status_code) == (typed, 400)
        assert "A number has 1 to 15 digits" in answer.text
        assert f'value="{typed}"' in answer.text


def test_short_link_of_ours_leads_to_its_message_and_another_accounts_to_none(reader: Reader, now: int) -> None:
    ours = archived(reader, now, EventType.MESSAGE_ACCEPTED)
    other = replace(reader, sid=reader.accounts.add("Other").sid)
    theirs = archived(other, now, EventType.MESSAGE_ACCEPTED).code
    for typed in (ours.code, f"https://sl.test/{ours.code}", f" sl.test/{ours.code}/ "):
        assert reader.search(number=typed) == f"/messages/{ours.message_id}"
    assert reader.post("/messages", form="/messages", number=theirs).status_code == 400


def test_number_without_its_country_is_not_searched_and_the_page_says_what_is_missing(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    for typed in ("080-1234-5678", "0", "(0)80", "０８０"):
        answer = reader.post("/messages", form="/messages", number=typed)
        assert (typed, answer.status_code) == (typed, 400)
        assert "with its country code" in answer.text
        assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize("typed", ["+81 (0)80-1234-5678", "+81(0) 80 1234", "+８１（０）80", "0081 80 1234 5678"])
def test_zero_that_is_dialled_at_home_or_abroad_is_no_part_of_the_number(reader: Reader, now: int, typed: str) -> None:
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    assert shown(reader.page(reader.search(number=typed))) == [met.message_id]


@pytest.mark.parametrize("typed", ["…5678", "...5678", ".. 56 78", "*5678", "…1234-5678", "…５６７８"])
def test_number_is_found_by_its_end(reader: Reader, now: int, typed: str) -> None:
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+815678123456")
    assert shown(reader.page(reader.search(number=typed))) == [met.message_id]


def test_end_of_a_number_stands_sealed_in_addresses_and_open_in_its_field(reader: Reader, now: int) -> None:
    met = archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012340067")
    path = reader.search(number="…0067", status="waiting")
    page = reader.page(path)
    assert shown(page) == [met.message_id]
    assert 'value="…0067"' in page
    assert "number=" not in path
    assert re.search(r"ending=[0-9a-f]{64}", path)
    message = reader.page(f"/messages/{met.message_id}?{path.partition('?')[2]}")
    assert re.search(r'class="crumb"><a href="/dashboard/messages\?[^"]*ending=[0-9a-f]{64}"', message)
    assert LOST in reader.page(path.replace("ending=", "ending=0"))


def test_end_that_is_too_short_or_no_number_is_told(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, recipient="+818012345678")
    for typed in ("…678", "…", "…Hanako", "…" + "1" * 16):
        answer = reader.post("/messages", form="/messages", number=typed)
        assert (typed, answer.status_code, shown(answer.text)) == (typed, 400, [])
        assert "its end, with … before it, 4 to 15" in answer.text


def test_search_of_a_session_that_is_over_leads_back_to_the_search(visitor: Reader) -> None:
    answer = visitor.client.post("/dashboard/messages", data={"number": NUMBER})
    assert answer.location == "/dashboard/login?next=/dashboard/messages"


@pytest.mark.parametrize(
    ("query", "said", "name"),
    [
        (
            "status=zzz",
            "Status: “zzz” is no status. Please choose waiting, submitted, delivered, failed or unconfirmed.",
            "status",
        ),
        ("clicked=maybe", "Clicked: “maybe” says nothing about clicks. Please choose yes or no.", "clicked"),
        ("from=2026-99-99", "From: “2026-99-99” is no date from 2000 to 2200.", "from"),
        ("to=1999-12-31", "To: “1999-12-31” is no date from 2000 to 2200.", "to"),
        ("from=2026-02-01&to=2026-01-01", "From: 2026-02-01 is later than “To”, 2026-01-01.", "from"),
    ],
)
def test_filter_that_makes_no_sense_is_told_and_nothing_listed(
    reader: Reader, now: int, query: str, said: str, name: str
) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=("spring",))
    answer = reader.get(f"/messages?tag=spring&{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert f'aria-invalid="true" aria-describedby="fault-{name}"' in answer.text
    assert shown(answer.text) == []
    assert "hx-get" not in answer.text
    assert "No message is like that" not in answer.text
    assert f"Filters ({query.count('=')}<" in answer.text


def test_place_that_is_none_is_told(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    for place in ("x", "-1", "٣", "9" * 19, "9" * 99):
        answer = reader.get("/messages", query_string={"before": place})
        assert (answer.status_code, shown(answer.text)) == (400, [])
        assert "is no place in this list" in answer.text


@pytest.mark.parametrize("path", ["/", "/links", "/tags"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-99-99", "From: “2026-99-99” is no date"),
        ("to=tomorrow&period=7", "To: “tomorrow” is no date"),
        ("from=2026-02-01&to=2026-01-01", "is later than"),
        ("period=8", "Period: “8” is no period. Please choose today, 7, 30 or 90, or two dates."),
    ],
)
def test_period_that_makes_no_sense_is_told_and_shows_no_figures(
    reader: Reader, now: int, path: str, query: str, said: str
) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED)
    answer = reader.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "https://shop.test/" not in answer.text


def test_how_numbers_are_found_is_told_where_one_was_searched_for(reader: Reader) -> None:
    assert "A number is found by" in reader.page(reader.search(number="+81 80", status="failed"))
    page = reader.page("/messages?status=failed")
    assert "A number is found by" not in page
    assert "leave some out to find more" in page
