"""What every page has: what it loads, escapes and keeps to itself, its news, its times, and its words for a fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.bootstrap.doors import build
from shortlink.domain.event import EventType
from shortlink.web.app import create_app
from tests.archive.test_later_types import make_later
from tests.factories import MINT
from tests.web.dashboard.conftest import SESSION_COOKIE, Reader
from tests.web.dashboard.sent import ATTACK, archived, send

PAGES = (
    "/",
    "/messages",
    "/replies",
    "/links",
    "/tags",
    "/live",
    "/webhooks",
    "/logs",
    "/keys",
    "/settings",
    "/nowhere",
)


def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(reader: Reader) -> None:
    for path in PAGES:
        answer = reader.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<style|<script(?! src)|\sstyle=|\son[a-z]+=|javascript:", answer.text)
        sources = re.findall(r'(?:<script src|<link [^>]*href|<img [^>]*src)="([^"]+)"', answer.text)
        assert sources
        assert all(source.startswith("/dashboard/static/") for source in sources)


def test_event_of_a_later_version_ends_no_page(reader: Reader, now: int) -> None:
    met = archived(reader, now, EventType.LINK_CLICKED, EventType.LINK_PREVIEWED)
    archive = Archive(reader.services.settings.archive_dir or Path())
    make_later(archive, 2)
    archive.close()
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    for path in (*PAGES[:-1], f"/messages/{met.message_id}", f"/logs/{today}", "/live/news?after=0", "/messages.csv"):
        assert reader.get(path).status_code == 200
    for path in ("/events/", "/logfiles/"):
        assert reader.client.get(path, auth=(reader.sid, reader.token)).status_code == 200


def test_what_others_wrote_is_escaped(reader: Reader, now: int) -> None:
    msgid = send(reader, message=f"{ATTACK} https://shop.test/", track_link="true")
    archived(reader, now, EventType.MESSAGE_ACCEPTED, tags=(ATTACK,), sender=ATTACK)
    paths = ("/", "/messages", "/live", f"/messages/{msgid}", f"/messages?sealed={ATTACK}&tag={ATTACK}")
    for path in (*paths, f"/?tag={ATTACK}", f"/links?short={ATTACK}", f"/live?only={ATTACK}"):
        assert "<script>alert" not in reader.page(path)
    for path in (f"/messages?status={ATTACK}&clicked={ATTACK}&before={ATTACK}", f"/?period={ATTACK}&from={ATTACK}"):
        refused = reader.get(path)
        assert refused.status_code == 400
        assert "&#34;&gt;&lt;script&gt;" in refused.text
        assert "<script>alert" not in refused.text


def test_without_an_archive_pages_that_need_it_say_so(open_dashboard: Callable[..., Reader]) -> None:
    reader = open_dashboard(archive_dir=None)
    for path in ("/", "/messages", "/links", "/tags", "/live", "/live/news", "/webhooks", "/logs", "/logs/2026-06-21"):
        answer = reader.get(path)
        assert answer.status_code == 503
        assert "SHORTLINK_ARCHIVE_DIR" in answer.text


def test_messages_are_searched_by_number_tag_status_and_click(reader: Reader, now: int) -> None:
    done = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_SUBMITTED, EventType.MESSAGE_DELIVERED)
    one = archived(reader, now - 3000, *done, EventType.LINK_CLICKED, recipient="+818011111111", tags=("a",))
    two = archived(reader, now - 2000, *done, recipient="+818022222222", tags=("b",))
    three = archived(reader, now - 1000, EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_FAILED, recipient="+14155550100")

    def found(query: str = "", **fields: str) -> list[str]:
        path = reader.search(**fields) if fields else f"/messages?{query}"
        return re.findall(r'href="/dashboard/messages/([a-p]\w{31})["?]', reader.page(path))

    assert found() == [three.message_id, two.message_id, one.message_id]
    assert found(number="+81 80-1111") == [one.message_id]
    assert found(number="8180") == [two.message_id, one.message_id]
    assert found(number="８１（８０）", tag="b") == [two.message_id]
    assert found("tag=b") == [two.message_id]
    assert found("status=failed") == [three.message_id]
    assert found("status=delivered&clicked=no") == [two.message_id]
    assert found("clicked=yes") == [one.message_id]
    assert found("from=2100-01-01") == []
    assert reader.search(number=one.message_id) == f"/messages/{one.message_id}"


def test_nothing_is_drawn_again_until_something_happens(reader: Reader, now: int) -> None:
    first = archived(reader, now, EventType.MESSAGE_ACCEPTED)
    part = {"HX-Request": "true"}
    for path in ("/", "/messages", "/links", "/tags", "/live", f"/messages/{first.message_id}"):
        [again] = re.findall(r'hx-get="/dashboard([^"]+)"', reader.page(path))
        again = again.replace("&amp;", "&")
        assert reader.get(again, headers=part).status_code == 204
        archived(reader, now, EventType.MESSAGE_ACCEPTED)
        news = reader.get(again, headers=part)
        assert news.status_code == (204 if "messages/" in path else 200)


def test_live_names_each_event_once(reader: Reader, now: int) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED)
    [again] = re.findall(r'hx-get="/dashboard(/live[^"]+)"', reader.page("/live"))
    archived(reader, now, EventType.MESSAGE_SUBMITTED, EventType.MESSAGE_DELIVERED)
    news = reader.get(again).text
    assert re.findall(r'class="pill \w*">([^<]+)<', news) == ["Delivered", "Submitted"]
    [further] = re.findall(r'hx-get="/dashboard(/live[^"]+)"', news)
    assert reader.get(further).status_code == 204
    for hostile in ("x", "-1", "9" * 30, ""):
        assert reader.get(f"/live/news?after={hostile}").status_code == 200


def test_fault_of_ours_is_a_page_without_a_trace(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError("secret detail")

    reader.client.application.view_functions["dashboard.show_settings"] = fail
    answer = reader.get("/settings")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_store_that_is_away_is_told_on_a_page(open_dashboard: Callable[..., Reader]) -> None:
    reader = open_dashboard()
    store = build(replace(reader.services.settings, redis_url="unix:///nonexistent/valkey.sock"))
    answer = create_app(store).test_client()
    answer.set_cookie(SESSION_COOKIE, reader.client.get_cookie(SESSION_COOKIE).value)  # type: ignore[union-attr]
    shown = answer.get("/dashboard/settings")
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "5")
    assert "Please try again" in shown.text


def test_time_zone_is_the_readers_own(reader: Reader, now: int) -> None:
    archived(reader, 1_624_233_600_000, EventType.MESSAGE_ACCEPTED)  # 2021-06-21 00:00 UTC
    for zone, shown in (
        ("Asia/Tokyo", "21 Jun 2021, 09:00"),
        ("America/New_York", "20 Jun 2021, 20:00"),
        ("UTC", "21 Jun 2021, 00:00"),
    ):
        reader.client.set_cookie("shortlink_zone", zone, path="/dashboard")
        assert shown in reader.page("/messages")
    for odd in ("../../etc/passwd", "Asia", "Nowhere/Else", "\x00", "x" * 999):
        reader.client.set_cookie("shortlink_zone", odd, path="/dashboard")
        assert "21 Jun 2021, 00:00" in reader.page("/messages")


def test_pages_with_times_say_once_where_these_are(reader: Reader, now: int) -> None:
    msgid = archived(reader, now, EventType.MESSAGE_ACCEPTED).message_id
    paths = ("/", "/messages", f"/messages/{msgid}", "/replies", "/links", "/tags", "/live", "/webhooks")
    for zone in ("UTC", "Asia/Tokyo"):
        reader.client.set_cookie("shortlink_zone", zone, path="/dashboard")
        assert all(reader.page(path).count(f"Times are those of {zone}.") == 1 for path in paths)
    for path in ("/logs", "/keys", "/settings"):  # whose days are those of UTC, or that have no times
        assert "Times are those of" not in reader.page(path)
    part = reader.get(f"/messages/{msgid}?after=0", headers={"HX-Request": "true"})
    assert "Times are those of" not in part.text


def test_unknown_code_is_no_message(reader: Reader) -> None:
    for short in (f"https://sl.test/{MINT.draw()}", "https://sl.test/", "%%%", "http://[x"):
        assert "No message of yours" in reader.page(f"/links?short={short}") or short == "%%%"


@pytest.mark.parametrize("path", ["/?period=today", "/links?period=today", "/tags?period=7", "/messages", "/replies"])
def test_page_left_open_goes_on_to_the_new_day_although_nothing_happens(reader: Reader, now: int, path: str) -> None:
    archived(reader, now, EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED, tags=("spring",))

    def look_for_news(zone: str) -> int:
        reader.client.set_cookie("shortlink_zone", zone, path="/dashboard")
        return reader.get(address, headers={"HX-Request": "true"}).status_code

    reader.client.set_cookie("shortlink_zone", "Etc/GMT+12", path="/dashboard")
    [address] = (unescape(found) for found in re.findall(r'hx-get="/dashboard([^"]+)"', reader.page(path)))
    assert look_for_news("Etc/GMT+12") == 204
    assert look_for_news("Etc/GMT-14") == 200, "there it is another day at any time"
