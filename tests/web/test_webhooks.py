"""The API of webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_attempts import Outcome
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.domain.webhook import DeliveryState
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.webhook_errands import Errand
from shortlink.storage.webhooks import WebhookStore
from shortlink.web.webhooks import CHANGES
from tests.web.conftest import PROBLEM, Caller

GIVEN = {"url": "https://shop.test/events", "events": ["link.clicked", "message.delivered"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive that is there."""
    archive = Archive(tmp_path / "archive")
    EventLog(archive).open()
    archive.close()
    return tmp_path / "archive"


@pytest.fixture
def shop(open_api: Callable[..., Caller], folder: Path) -> Caller:
    return open_api(archive_dir=folder)


def call(api: Caller, method: str, path: str = "", **options: Any) -> TestResponse:
    return api.client.open(f"/webhooks/{path}", method=method, auth=(api.sid, api.token), **options)


def made(api: Caller, **fields: Any) -> dict[str, Any]:
    answer = call(api, "POST", json=GIVEN | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_webhook_is_made_read_changed_and_deleted(shop: Caller) -> None:
    new = made(shop, tag="spring", description="the shop", batch={"most": 10, "seconds": 2})
    assert new.pop("secret").startswith("whsec_")
    assert (new["state"], new["format"], new["owed"]) == ("active", "json", 0)
    assert call(shop, "GET", f"{new['id']}/").get_json() == new
    assert call(shop, "GET").get_json() == [new]
    changed = call(shop, "PATCH", new["id"], json={"rate": 5, "tag": None, "batch": None}).get_json()
    assert changed == new | {"rate": 5.0, "tag": None, "batch": None}
    assert call(shop, "PATCH", new["id"], data={"rate": "5"}).status_code == 415
    assert call(shop, "DELETE", new["id"]).status_code == 204
    assert call(shop, "GET", new["id"]).status_code == 404
    assert call(shop, "GET").get_json() == []


def test_a_webhook_can_be_made_with_a_form(shop: Caller) -> None:
    answer = call(shop, "POST", data={"url": GIVEN["url"], "events": "link.clicked, message.failed", "format": "form"})
    assert answer.get_json()["events"] == ["link.clicked", "message.failed"]


@pytest.mark.parametrize("names", [("events", "events"), ("events[]", "events[]"), ("events[0]", "events[1]")])
def test_an_array_of_events_in_a_form_loses_none(shop: Caller, names: tuple[str, str]) -> None:
    events = zip(names, ["link.clicked", "message.failed"], strict=True)
    answer = call(shop, "POST", data=MultiDict([("url", GIVEN["url"]), *events]))
    assert answer.get_json()["events"] == ["link.clicked", "message.failed"]


def test_wrong_fields_are_told_all_at_once(shop: Caller) -> None:
    answer = call(shop, "POST", json={"url": "http://10.0.0.1/", "events": [], "event": "link.clicked"})
    assert (answer.status_code, set(answer.get_json())) == (400, {"url", "events", "event"})


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (["link.clicked", "link.clikked"], "There is no event 'link.clikked'. Name at least one of message.accepted,"),
        ("link.clicked,a,b,c,d", "There is no event 'a', 'b', 'c' …. Name"),
        (["x" * 999, "\u202e"], f"There is no event '{'x' * 40}', '\\u202e'. Name"),
        (["link.clicked", 7], "Only texts can be events. Name"),
        ([], "Name at least one of"),
    ],
)
def test_word_that_is_no_event_is_named(shop: Caller, events: object, said: str) -> None:
    answer = call(shop, "POST", json=GIVEN | {"events": events})
    assert answer.status_code == 400
    assert answer.get_json()["events"][0].startswith(said)


def test_delivery_log_takes_no_misspelt_parameter(shop: Caller) -> None:
    new = made(shop)
    answer = call(shop, "GET", f"{new['id']}/deliveries/?limt=1&limit=1&limit=2")
    assert (answer.status_code, answer.get_json()) == (
        400,
        {"limt": ["Is no parameter; there are before, limit."], "limit": ["Must be given once."]},
    )


def test_a_batch_and_a_form_do_not_meet_by_a_change_either(shop: Caller) -> None:
    new = made(shop, batch={"most": 5, "seconds": 1})
    assert call(shop, "PATCH", new["id"], json={"format": "form"}).get_json().keys() == {"batch"}
    assert call(shop, "PATCH", new["id"], json={"format": "form", "batch": None}).status_code == 200


def test_an_account_has_so_many_webhooks_and_no_more(shop: Caller) -> None:
    for _ in range(20):
        made(shop)
    refused = call(shop, "POST", json=GIVEN)
    assert (refused.status_code, set(refused.get_json())) == (400, {"url"})


def test_another_accounts_webhook_is_not_there(shop: Caller, open_api: Callable[..., Caller], folder: Path) -> None:
    new, stranger = made(shop), open_api(archive_dir=folder)
    asked = [("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/test"), ("GET", "/deliveries")]
    for method, tail in asked:
        assert call(stranger, method, f"{new['id']}{tail}").status_code == 404
    assert call(stranger, "PATCH", new["id"], json={"rate": 5}).status_code == 404
    assert call(stranger, "GET").get_json() == []


def test_a_damaged_webhook_is_said_to_be_damaged_left_out_of_the_list_and_can_be_deleted(
    shop: Caller, store: redis.Redis
) -> None:
    new, well = made(shop), made(shop)
    store.hset(keys.webhooks(shop.sid), new["id"], "{")
    asked = [("GET", ""), ("POST", "/pause"), ("POST", "/test"), ("GET", "/deliveries")]
    for method, tail in asked:
        answer = call(shop, method, f"{new['id']}{tail}")
        assert (answer.status_code, answer.mimetype) == (500, PROBLEM)
        assert "it is no JSON object" in answer.text
    assert [one["id"] for one in call(shop, "GET").get_json()] == [well["id"]]
    assert call(shop, "DELETE", new["id"]).status_code == 204


def test_a_pause_for_a_reason_of_a_later_version_is_told_in_its_word(shop: Caller, store: redis.Redis) -> None:
    new = made(shop)
    kept = json.loads(store.hget(keys.webhooks(shop.sid), new["id"]) or "")
    store.hset(keys.webhooks(shop.sid), new["id"], json.dumps(kept | {"paused": "quota", "paused_at": 1}))
    paused = call(shop, "GET", new["id"]).get_json()
    assert (paused["state"], paused["paused_because"]) == ("paused", "quota")


def test_a_paused_webhook_says_so_and_takes_no_test(shop: Caller) -> None:
    new = made(shop)
    paused = call(shop, "POST", f"{new['id']}/pause/").get_json()
    assert (paused["state"], paused["paused_because"]) == ("paused", "asked")
    for tail in ("test", "replay"):
        refused = call(shop, "POST", f"{new['id']}/{tail}", json={"from": 1, "to": 2})
        assert (refused.status_code, refused.mimetype) == (409, PROBLEM)
    resumed = call(shop, "POST", f"{new['id']}/resume").get_json()
    assert (resumed["state"], resumed["paused_at"]) == ("active", None)
    assert call(shop, "POST", f"{new['id']}/test").get_json()["id"].startswith("test_")


def test_with_fifty_tests_waiting_one_more_is_refused_and_a_resumption_is_not(shop: Caller, client: Store) -> None:
    path, webhooks = made(shop)["id"], WebhookStore(client)
    for _ in range(50):
        webhooks.errands.ask(Errand.TEST, webhooks.get(shop.sid, path))
    for tail in ("test", "replay"):
        refused = call(shop, "POST", f"{path}/{tail}", json={"from": "2026-11-21", "to": "2026-11-22"})
        assert (refused.status_code, refused.mimetype) == (409, PROBLEM)
        assert refused.get_json()["detail"].startswith("Nothing was asked for: 50 tests and replays")
    assert call(shop, "POST", f"{path}/resume").status_code == 200


def test_a_new_secret_is_shown_once(shop: Caller) -> None:
    new = made(shop)
    rotated = call(shop, "POST", f"{new['id']}/rotate-secret").get_json()
    assert rotated["secret"] not in {new["secret"], None}
    assert "secret" not in call(shop, "GET", new["id"]).get_json()


def test_one_secret_too_many_is_refused_with_the_time_of_the_next(shop: Caller) -> None:
    path = f"{made(shop)['id']}/rotate-secret"
    assert [call(shop, "POST", path).status_code for _ in range(4)] == [200] * 4
    refused = call(shop, "POST", path)
    assert (refused.status_code, refused.mimetype) == (409, PROBLEM)
    assert "possible in 48 hours" in refused.get_json()["detail"]


def test_a_replay_needs_a_time_range(shop: Caller) -> None:
    path = f"{made(shop)['id']}/replay"
    given = {"from": "2026-11-21T00:00:00Z", "to": "2026-11-21T09:00:00+09:00"}
    assert set(call(shop, "POST", path, json=given).get_json()) == {"to"}
    assert set(call(shop, "POST", path, json={"from": "soon", "to": True}).get_json()) == {"from", "to"}
    asked = call(shop, "POST", path, data={"from": "2026-11-21", "to": "1795301764551"})
    assert asked.get_json() == {"from": "2026-11-21T00:00:00.000Z", "to": "2026-11-21T22:56:04.551Z"}


def test_the_delivery_log_goes_by_when_a_try_began_and_pages_without_gap(shop: Caller, folder: Path) -> None:
    new = made(shop)
    deliveries = WebhookDeliveries(Archive(folder))
    for n, began in enumerate((5, 9, 5, 1)):  # as they ended: the third hung, the fourth even longer
        deliveries.owe(new["id"], [Owed(id=f"test_{n}", places=())], before=n or None, after=n + 1, now=1)
        (claimed,) = deliveries.claim({new["id"]: 1}, accounts={}, now=1, lease_ms=1, most_tries=10)
        outcome = Outcome(at=began, duration_ms=7, state=DeliveryState.DELIVERED, status_code=200)
        deliveries.finish(claimed, outcome, account=shop.sid)
    seen: list[str] = []
    page = f"{new['id']}/deliveries?limit=1"
    while found := call(shop, "GET", page).get_json():
        seen.append(found[0]["id"])
        page = f"{new['id']}/deliveries?limit=1&before={found[0]['cursor']}"
    assert seen == ["test_1", "test_2", "test_0", "test_3"]


def test_the_delivery_log_tells_what_was_tried(shop: Caller, folder: Path) -> None:
    new = made(shop)
    deliveries = WebhookDeliveries(Archive(folder))
    deliveries.owe(new["id"], [Owed(id="test_1", places=())], before=None, after=0, now=1)
    (claimed,) = deliveries.claim({new["id"]: 1}, accounts={}, now=1, lease_ms=1, most_tries=10)
    outcome = Outcome(at=1_795_301_764_551, duration_ms=7, state=DeliveryState.PENDING, due_at=2, error="timeout")
    deliveries.finish(claimed, outcome, account=shop.sid)
    (entry,) = call(shop, "GET", f"{new['id']}/deliveries/").get_json()
    cursor = entry.pop("cursor")
    assert entry == {
        "at": "2026-11-21T22:56:04.551Z",
        "id": "test_1",
        "types": [],
        "events": 0,
        "try": 1,
        "status_code": None,
        "error": "timeout",
        "duration_ms": 7,
        "state": "pending",
    }
    assert call(shop, "GET", f"{new['id']}/deliveries?before={cursor}&limit=5").get_json() == []
    assert set(call(shop, "GET", f"{new['id']}/deliveries?before=-1&limit=0").get_json()) == {"before", "limit"}
    known = call(shop, "GET", new["id"]).get_json()
    assert (known["owed"], known["failing_since"]) == (1, "2026-11-21T22:56:04.551Z")


def test_without_an_archive_webhooks_answer_503(api: Caller) -> None:
    answer = call(api, "POST", json=GIVEN)
    assert (answer.status_code, "SHORTLINK_ARCHIVE_DIR" in answer.get_json()["detail"]) == (503, True)


def test_a_client_that_runs_wild_is_slowed_down_and_may_still_read(shop: Caller) -> None:
    path = f"{made(shop)['id']}/test"
    answers = [call(shop, "POST", path).status_code for _ in range(CHANGES.burst + 1)]
    assert (answers[0], answers[-1]) == (202, 429)
    assert call(shop, "GET").status_code == 200


def test_strangers_are_401(shop: Caller) -> None:
    assert shop.client.get("/webhooks/").status_code == 401
