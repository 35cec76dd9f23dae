"""The pages of webhooks and of log files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.domain.event import EventType
from shortlink.domain.webhook import Batch
from shortlink.storage import keys
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.sent import ATTACK, archived

HOOK = {"url": "https://shop.test/hooks", "events": "link.clicked", "description": "Till"}
ACTIONS = ("test", "pause", "resume", "rotate", "remove", "replay")


def add(reader: Reader, **fields: str) -> str:
    answer = reader.post("/webhooks", **(HOOK | fields))
    assert answer.status_code == 200, answer.text
    return reader.services.webhook_desk.list(reader.sid)[-1].id


def test_secret_is_shown_when_it_is_new_and_not_afterwards(reader: Reader) -> None:
    answer = reader.post("/webhooks", **HOOK)
    [made] = reader.services.webhook_desk.list(reader.sid)
    secret = reader.services.webhook_desk.secret(made)
    assert secret in answer.text
    assert secret not in reader.page(f"/webhooks/{made.id}")
    rotated = reader.post(f"/webhooks/{made.id}/rotate").text
    assert secret not in rotated
    assert "whsec_" in rotated


def test_reload_behind_a_new_secret_makes_no_second_webhook_and_no_other_secret(reader: Reader) -> None:
    form = {"form_token": reader.form_token()} | HOOK
    answers = [reader.client.post("/dashboard/webhooks", data=form).status_code for _ in range(2)]
    [made] = reader.services.webhook_desk.list(reader.sid)
    form = {"form_token": reader.form_token()}
    answers += [reader.client.post(f"/dashboard/webhooks/{made.id}/rotate", data=form).status_code for _ in range(2)]
    assert answers == [200, 400] * 2
    assert len(reader.services.webhook_desk.list(reader.sid)) == 1
    assert reader.post(f"/webhooks/{made.id}/pause").status_code == 303


def test_tests_and_replays_are_limited_and_one_secret_too_many_is_refused(reader: Reader) -> None:
    path = f"/webhooks/{add(reader)}"
    assert [reader.post(f"{path}/rotate").status_code for _ in range(5)] == [200] * 4 + [409]
    assert [reader.post(f"{path}/test").status_code for _ in range(11)] == [303] * 10 + [429]
    assert reader.post(f"{path}/replay").status_code == 429
    assert reader.post(f"{path}/pause").status_code == 303


def test_damaged_webhook_is_a_page_of_its_own_and_a_later_versions_pause_is_told_in_its_word(
    reader: Reader, store: redis.Redis
) -> None:
    damaged, paused = add(reader), add(reader)
    name = keys.webhooks(reader.sid)
    store.hset(name, paused, json.dumps(json.loads(store.hget(name, paused) or "") | {"paused": "quota"}))
    store.hset(name, damaged, "{")
    answer = reader.client.get(f"/dashboard/webhooks/{damaged}")
    assert (answer.status_code, "it is no JSON object" in answer.text) == (500, True)
    assert "Paused: quota" in reader.page("/webhooks")


def test_webhook_that_is_held_back_says_until_when_instead_of_active(reader: Reader, now: int) -> None:
    identifier, archive = add(reader), Archive(reader.services.settings.archive_dir or Path())
    deliveries, holds = WebhookDeliveries(archive), WebhookHolds(archive)
    deliveries.owe(identifier, [Owed(id="a1-0", places=(1,))], before=None, after=1, now=now)
    assert ">Active<" in reader.page("/webhooks")
    holds.note({identifier: 4_102_495_500_000}, now=now)  # 2100-01-01 14:05:00 UTC
    every, its_own = reader.page("/webhooks"), reader.page(f"/webhooks/{identifier}")
    for page in (every, its_own):
        assert "Held back until 1 Jan 2100, 14:05:00<" in page
        assert ">Active<" not in page
    assert "1 delivery waits, and no try is used up" in its_own
    assert "not even what is still waiting: 1 delivery.<" in its_own
    archive.close()


def test_pages_of_webhooks_are_written_anew_when_one_is_held_back_and_not_before(reader: Reader, now: int) -> None:
    identifier, archive = add(reader), Archive(reader.services.settings.archive_dir or Path())
    WebhookDeliveries(archive).owe(identifier, [Owed(id="a1-0", places=(1,))], before=None, after=1, now=now)
    for path, until in (("/webhooks", now + 60_000), (f"/webhooks/{identifier}", now - 1)):
        [again] = re.findall(r'hx-get="/dashboard([^"]+)"', reader.page(path))
        assert reader.get(again, headers={"HX-Request": "true"}).status_code == 204
        WebhookHolds(archive).note({identifier: until}, now=2 * now)
        assert reader.get(again, headers={"HX-Request": "true"}).status_code == 200
    archive.close()


def test_faults_stand_at_their_fields_and_what_was_typed_stays(reader: Reader) -> None:
    answer = reader.post("/webhooks", url="https://10.0.0.1/x", description="x" * 201, tag="a,b")
    assert answer.status_code == 400
    assert len(re.findall('class="fault"', answer.text)) == 4
    assert "https://10.0.0.1/x" in answer.text
    assert reader.services.webhook_desk.list(reader.sid) == []


@pytest.mark.parametrize(
    ("fields", "focused"),
    [
        ({"url": "https://10.0.0.1/x", "description": "x" * 201}, "url"),
        ({"description": "x" * 201, "tag": "a,b"}, "description"),
        ({"tag": "a,b", "events": ""}, "hook-tag"),
        ({"events": ""}, "events"),
    ],
)
def test_refused_form_opens_at_its_first_fault(reader: Reader, fields: dict[str, str], focused: str) -> None:
    for path in ("/webhooks", f"/webhooks/{add(reader)}"):
        answer = reader.post(path, **(HOOK | fields))
        assert answer.status_code == 400
        [field] = re.findall("<[^<]+ autofocus>", answer.text)
        assert f'"{focused}"' in field


def test_refused_replay_opens_at_its_dates_and_keeps_them(reader: Reader) -> None:
    days = {"from": "2026-01-02", "to": "2026-01-01"}
    answer = reader.post(f"/webhooks/{add(reader)}/replay", **days)
    assert answer.status_code == 400
    assert "2026-01-02 is later than “To”, 2026-01-01. Please swap them." in answer.text
    [field] = re.findall("<[^<]+ autofocus>", answer.text)
    assert 'name="from"' in field
    for name, day in days.items():
        assert re.search(f'name="{name}" type="date" required value="{day}"', answer.text)


def test_webhook_is_changed_whole(reader: Reader) -> None:
    made = add(reader, tag="spring")
    changed = {"url": "https://shop.test/other", "events": "message.failed", "description": ATTACK, "format": "form"}
    assert reader.post(f"/webhooks/{made}", **changed).status_code == 303
    now = reader.services.webhook_desk.get(reader.sid, made)
    assert (now.url, now.tag, now.body_format) == ("https://shop.test/other", None, "form")
    assert "<script>alert" not in reader.page(f"/webhooks/{made}") + reader.page("/webhooks")
    assert reader.post(f"/webhooks/{made}", url="nonsense").status_code == 400


def test_rate_and_batches_are_chosen_in_the_form_and_kept_by_it(reader: Reader) -> None:
    made = add(reader, rate="7.5", most="20", seconds="0.5")
    assert chosen(reader, made) == (7.5, Batch(most=20, seconds=0.5))
    assert reader.post(f"/webhooks/{made}", **HOOK).status_code == 303
    assert chosen(reader, made) == (7.5, Batch(most=20, seconds=0.5)), "a form of before these fields"
    page = reader.page(f"/webhooks/{made}")
    assert [typed(page, name) for name in ("rate", "most", "seconds")] == ["7.5", "20", "0.5"]
    assert reader.post(f"/webhooks/{made}", **HOOK, rate="9", most="1", seconds="0.5").status_code == 303
    assert chosen(reader, made) == (9.0, None), "each event alone"


@pytest.mark.parametrize(
    ("fields", "name", "told"),
    [
        ({"rate": "fast"}, "rate", "A number of calls a second from 0.1 to 200."),
        ({"rate": "0"}, "rate", "A number of calls a second from 0.1 to 200."),
        ({"most": "1000"}, "most", "From 2 to 100 events"),
        ({"most": "some"}, "most", "From 2 to 100 events"),
        ({"most": "5", "seconds": "nan"}, "seconds", "which wait for 0 to 60"),
        ({"most": "5", "format": "form"}, "most", "only the format json can hold"),
    ],
)
def test_rate_or_batch_that_cannot_be_says_why_and_stays_typed(
    reader: Reader, fields: dict[str, str], name: str, told: str
) -> None:
    answer = reader.post("/webhooks", **(HOOK | fields))
    assert answer.status_code == 400
    assert told in answer.text
    assert typed(answer.text, name) == fields.get(name)
    assert " autofocus>" in answer.text


def chosen(reader: Reader, webhook_id: str) -> tuple[float, Batch | None]:
    webhook = reader.services.webhook_desk.get(reader.sid, webhook_id)
    return webhook.rate, webhook.batch


def typed(page: str, name: str) -> str:
    [value] = re.findall(f'<input id="{name}"[^>]* value="([^"]*)"', page)
    return str(value)


def test_what_was_emptied_is_empty_and_an_address_cannot_be(reader: Reader) -> None:
    made = add(reader)
    kept = {"url": HOOK["url"], "events": "message.failed"}
    assert reader.post(f"/webhooks/{made}", **kept, description="").status_code == 303
    assert reader.services.webhook_desk.get(reader.sid, made).description == ""
    refused = reader.post(f"/webhooks/{made}", events="message.failed", url="")
    assert (refused.status_code, "This field may not be blank." in refused.text) == (400, True)


def test_a_place_in_the_log_that_is_none_shows_its_beginning(reader: Reader) -> None:
    made = add(reader)
    for place in ("9223372036854775808", "9" * 5000, "٣", "-1", "x"):
        assert reader.get(f"/webhooks/{made}", query_string={"before": place}).status_code == 200


def test_paused_webhook_says_why_nothing_can_be_sent(reader: Reader) -> None:
    made = add(reader)
    reader.post(f"/webhooks/{made}/pause")
    for action, fields in (("test", {}), ("replay", {"from": "2026-01-01", "to": "2026-01-02"})):
        answer = reader.post(f"/webhooks/{made}/{action}", **fields)
        assert answer.status_code == 409
        assert "resume it first" in answer.text
    assert reader.post(f"/webhooks/{made}/resume").status_code == 303
    assert reader.post(f"/webhooks/{made}/replay", **{"from": "2026-01-01", "to": "2026-01-02"}).status_code == 303
    for days in ({"from": "2026-01-02", "to": "2026-01-01"}, {"from": "2026-01-02"}, {}):
        assert reader.post(f"/webhooks/{made}/replay", **days).status_code == 400


def test_one_test_too_many_that_waits_is_refused_with_the_reason(reader: Reader) -> None:
    made = add(reader)
    for _ in range(50):
        reader.services.webhook_desk.test(reader.sid, made)
    for action, fields in (("test", {}), ("replay", {"from": "2026-01-01", "to": "2026-01-02"})):
        answer = reader.post(f"/webhooks/{made}/{action}", **fields)
        assert answer.status_code == 409
        assert "Nothing was asked for: 50 tests and replays" in answer.text


def test_another_accounts_webhook_is_not_found(reader: Reader) -> None:
    other = reader.accounts.add("Other")
    theirs = reader.services.webhook_desk.create(other.sid, {**HOOK, "events": ["link.clicked"]}).id
    days = {"from": "2026-01-01", "to": "2026-01-02"}
    for action in ACTIONS:
        assert reader.post(f"/webhooks/{theirs}/{action}", **days).status_code == 404
    assert reader.get(f"/webhooks/{theirs}").status_code == 404
    assert reader.services.webhook_desk.get(other.sid, theirs).paused is None


def test_deleted_webhook_is_gone_and_unknown_actions_are_no_pages(reader: Reader) -> None:
    made = add(reader)
    assert reader.post(f"/webhooks/{made}/burn").status_code == 404
    assert reader.post(f"/webhooks/{made}/remove").status_code == 303
    assert reader.get(f"/webhooks/{made}").status_code == 404


def test_logs_of_a_day_are_listed_and_downloaded(reader: Reader) -> None:
    message = archived(reader, 1_782_000_000_000, EventType.MESSAGE_ACCEPTED, EventType.LINK_CLICKED)
    assert "Sun, 21 Jun 2026" in reader.page("/logs")
    shown = reader.page("/logs/2026-06-21")
    assert re.findall(r'<th scope="row">([\w-]+)<', shown) == ["attempts", "clicks"]
    answer = reader.get("/logs/2026-06-21/clicks.2026-06-21.log/header")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="clicks.2026-06-21.csv"'
    assert message.message_id in answer.text
    for form in ("json", "xml"):
        assert message.message_id in reader.get(f"/logs/2026-06-21/clicks.2026-06-21.log/{form}").text


def test_other_logs_are_not_found(reader: Reader) -> None:
    archived(reader, 1_782_000_000_000, EventType.LINK_CLICKED)
    for path in (
        "/logs/2026-06-22",
        "/logs/nonsense",
        "/logs/2026-06-21/clicks.2026-06-21.log/exe",
        "/logs/2026-06-21/clicks.2026-06-22.log/json",
        "/logs/2026-06-21/..%2f.2026-06-21.log/json",
    ):
        assert reader.get(path).status_code == 404
