"""What the pages show, escape and keep to themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.bootstrap import build
from shortlink.config import Settings
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import MessageStatus
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from shortlink.web.app import create_app
from tests.archive.test_later_types import make_later
from tests.factories import MINT, make_message, make_met
from tests.web.conftest import PHONE
from tests.web.dashboard.conftest import SESSION_COOKIE, Reader

ATTACK = '"><script>alert(1)</script>'
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
TARGET = "https://shop.test/<x>"
FIELDS = {"recipient": "+818012345678", "sender": "SHOP", "message": "Sale https://shop.test/?a=1 today"}


def send(reader: Reader, **fields: str) -> str:
    answer = reader.client.post("/sms/messages/", auth=(reader.sid, reader.token), data=FIELDS | fields)
    return str(answer.get_json()[0]["msgid"])


def archived(
    reader: Reader,
    now: int,
    *types: EventType,
    target: str = TARGET,
    error: str = "30003",
    price: float = 0.0,
    **changes: Any,
) -> MetMessage:
    """Put a message into the archive to which these things happened."""
    data = {"first": True, "verdict": "human", "rule": "browser", "error": error, "status": "undelivered"}
    given = make_message(account=reader.sid, accepted_at=now, **changes)
    met = MetMessage(
        code=given.code,
        message_id=given.id,
        account=reader.sid,
        recipient=given.recipient,
        sender=given.sender,
        tags=given.tags,
        accepted_at=now,
        status=MessageStatus.ACCEPTED.value,
        link=target,
        cost=price,
    )
    reader.log.append(
        [
            Event(
                id=f"{given.id}{place}",
                type=type_,
                at=now + place,
                account=reader.sid,
                message_id=given.id,
                code=given.code,
                recipient=given.recipient,
                sender=given.sender,
                tags=given.tags,
                data=data | {"segments": 1, "cost": price},
            )
            for place, type_ in enumerate(types)
        ],
        met=[met],
    )
    return met


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


def test_files_are_kept_for_ever_under_the_name_of_their_content(reader: Reader) -> None:
    [style] = re.findall(r'href="(/dashboard/static/dashboard.css[^"]+)"', reader.page("/settings"))
    kept = reader.client.get(style)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000"
    assert reader.client.get(style, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    assert reader.get("/static/dashboard.css?v=old").headers["Cache-Control"] == "public, max-age=0"
    for other in ("nothing.css", "..%2Fdoor.py", "door.py", ".", "a" * 300):
        assert reader.get(f"/static/{other}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Modified-Since": "Sun, 06 Nov 9999999994 08:49:37 GMT"},
        {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 +99999999999999999"},
        {"If-Modified-Since": "Sun, 06 Nov 2094 08:49:37 GMT"},
        {"If-Unmodified-Since": "Sun, 06 Nov 9999999994 08:49:37 GMT"},
        {"If-Range": "Sun, 06 Nov 9999999994 08:49:37 GMT", "Range": "bytes=0-1"},
        {"If-None-Match": 'W/"\xe9", "', "Range": "bytes=9-1,x"},
    ],
)
def test_conditions_that_say_nothing_of_a_file_of_ours_are_passed_over(
    visitor: Reader, headers: dict[str, str]
) -> None:
    answer = visitor.get("/static/dashboard.css", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_file_that_a_browser_has_is_not_sent_again(visitor: Reader) -> None:
    tag = visitor.get("/static/dashboard.css").headers["ETag"]
    for given in (tag, f'W/{tag}, "other"', "*"):
        answer = visitor.get("/static/dashboard.css", headers={"If-None-Match": given})
        assert (answer.status_code, answer.data) == (304, b"")
    assert visitor.get("/static/dashboard.css", headers={"If-Match": '"other"'}).status_code == 412


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


def test_without_an_archive_pages_that_need_it_say_so(open_dashboard: Callable[..., Reader]) -> None:
    reader = open_dashboard(archive_dir=None)
    for path in ("/", "/messages", "/links", "/tags", "/live", "/live/news", "/webhooks", "/logs", "/logs/2026-06-21"):
        answer = reader.get(path)
        assert answer.status_code == 503
        assert "SHORTLINK_ARCHIVE_DIR" in answer.text


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


def test_settings_take_only_what_they_offer(reader: Reader) -> None:
    assert reader.post("/settings", on_unknown="hold").status_code == 303
    assert reader.accounts.get(reader.sid).hold_unconfirmed
    assert reader.post("/settings", on_unknown="burn", send_rate="0").status_code == 400
    assert reader.accounts.get(reader.sid).hold_unconfirmed


def test_secret_is_shown_on_request_and_replaced(reader: Reader) -> None:
    secret = reader.accounts.secret(reader.sid)
    assert secret not in reader.page("/keys")
    assert secret in reader.post("/keys/secret/show").text
    changed = reader.post("/keys/secret").text
    assert secret not in changed
    assert reader.accounts.secret(reader.sid) in changed


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
    archived(reader, 1_782_000_000_000, EventType.MESSAGE_ACCEPTED)  # 2026-06-21 00:00 UTC
    for zone, shown in (
        ("Asia/Tokyo", "21 Jun, 09:00"),
        ("America/New_York", "20 Jun, 20:00"),
        ("UTC", "21 Jun, 00:00"),
    ):
        reader.client.set_cookie("shortlink_zone", zone, path="/dashboard")
        assert shown in reader.page("/messages")
    for odd in ("../../etc/passwd", "Asia", "Nowhere/Else", "\x00", "x" * 999):
        reader.client.set_cookie("shortlink_zone", odd, path="/dashboard")
        assert "21 Jun, 00:00" in reader.page("/messages")


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
    assert "https://shop.test/&lt;x&gt;" in magic
    assert "https://shop.test/&lt;x&gt;" not in other
    assert "No link with the tag other was tapped" in other
    assert "https://shop.test/&lt;x&gt;" in reader.page("/links?tag=magic&period=7")
    assert "No link with the tag other was tapped in this period" in reader.page("/links?tag=other&period=7")
    assert re.findall(r"Click rate on delivered</span><span class=\"value\">([^<]+)<small>([^<]+)", magic) == [
        ("100% ", "2 of 2")
    ]


def test_a_single_day_is_no_plural(open_dashboard: Callable[..., Reader]) -> None:
    page = open_dashboard(link_ttl_days=1, text_days=1).page("/settings")
    assert re.findall(r"<dd>(1 days?)</dd>", page) == ["1 day", "1 day"]
