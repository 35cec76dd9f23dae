"""`/metrics`: who may read it, whether Prometheus understands it, and whether the figures are true."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import build
from shortlink.config import Settings
from shortlink.domain.event import Event, EventType
from shortlink.domain.latency import BOUNDS, class_of
from shortlink.domain.message import Message
from shortlink.storage.measures import MeasureStore
from shortlink.use_cases import watch_certificate
from shortlink.use_cases.measure_requests import RequestMeter, read_histograms
from shortlink.web.app import create_app
from shortlink.web.metering import push_once
from tests.waiting import wait_until
from tests.web.conftest import SMS, Caller, record_of

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
CERTIFICATE = ("shortlink_link_certificate_expiry_seconds", ())
Opened = Callable[..., Caller]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(client: FlaskClient, **options: Any) -> Samples:
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture(autouse=True)
def certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test look for the link domain in the world."""
    monkeypatch.setattr(watch_certificate, "certificate_end", lambda *_: 4_102_444_800_000)


@pytest.fixture
def archived(open_api: Opened, tmp_path: Path) -> Caller:
    """A door with an archive in which somebody clicked and a callback failed."""
    caller = open_api(archive_dir=tmp_path)
    log = EventLog(Archive(tmp_path))
    kinds = [EventType.MESSAGE_RECEIVED, EventType.RECIPIENT_UNSUBSCRIBED, EventType.RECIPIENT_UNSUBSCRIBED]
    log.append([Event(id=f"a{n}", type=kind, at=n + 1, account=caller.sid) for n, kind in enumerate(kinds)], {})
    return caller


def test_every_figure_is_documented_and_every_documented_one_is_there(archived: Caller) -> None:
    archived.post(data=SMS)
    push_once(services_of(archived).meter)
    wait_until(lambda: CERTIFICATE in read(archived.client))
    found = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, _ in read(archived.client)}
    assert found == set(re.findall(r"^\| `(shortlink_\w+)`", PAGE, re.MULTILINE))
    assert all(name.startswith("shortlink_") for name in found)


def test_metrics_and_pages_read_the_archive_by_one_connection_a_thread(archived: Caller) -> None:
    services = services_of(archived)
    assert services.metrics_desk.archive is services.archive.archive


@pytest.mark.parametrize("path", ["//metrics", "//metrics/"])
def test_figures_have_one_spelling_that_a_proxy_can_keep_to_itself(api: Caller, path: str) -> None:
    assert api.client.get(path).status_code == 404


def test_a_store_that_lost_what_the_archive_has_is_told(archived: Caller, store: redis.Redis, tmp_path: Path) -> None:
    EventLog(Archive(tmp_path)).append([], {"a": str(store.xadd("{a}ev", {"e": "aCODE"}))})
    assert read(archived.client)["shortlink_store_lost_partitions", ()] == 0
    store.delete("{a}ev")
    store.set("{b}ev", "of another kind")
    assert read(archived.client)["shortlink_store_lost_partitions", ()] == 1


def test_how_far_the_recorder_is_behind_is_told(archived: Caller, store: redis.Redis) -> None:
    assert read(archived.client)["shortlink_recorder_late_seconds", ()] == 0
    store.xadd("{a}ev", {"e": "aCODE"}, id=f"{(int(time.time()) - 100) * 1000}-0")
    assert 99 <= read(archived.client)["shortlink_recorder_late_seconds", ()] < 160


def test_people_and_plain_programs_are_told_apart(archived: Caller, tmp_path: Path) -> None:
    clicks = [
        Event(id=f"c{n}", type=EventType.LINK_CLICKED, at=n + 1, account=archived.sid, data={"verdict": verdict})
        for n, verdict in enumerate(["human", "unknown", "human"])
    ]
    EventLog(Archive(tmp_path)).append(clicks, {})
    found = read(archived.client)
    assert found["shortlink_hits_total", (("verdict", "human"),)] == 2
    assert found["shortlink_hits_total", (("verdict", "unknown"),)] == 1
    assert ("shortlink_hits_total", (("verdict", "counted"),)) not in found


def services_of(caller: Caller) -> Any:
    return caller.client.application.extensions["shortlink"]


def test_openmetrics_is_answered_to_whom_asks_for_it(archived: Caller) -> None:
    archived.post(data=SMS)
    push_once(services_of(archived).meter)
    answer = archived.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.mimetype == "application/openmetrics-text"
    families = read_openmetrics(answer.text)  # type: ignore[no-untyped-call]
    assert len(list(families)) > 20


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain;version=abc",
        "text/plain;version=1.x",
        "application/openmetrics-text;version=x;q=x",
        "application/openmetrics-text;version=\xb2",
        f"application/openmetrics-text;version={'9' * 5000}",
        "application/json",
        ",;=,",
    ],
    ids=range(7),
)
def test_whoever_asks_for_a_version_that_is_none_gets_the_usual_format(api: Caller, accept: str) -> None:
    answer = api.client.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "shortlink_store_up 1" in answer.text


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/sms/messages/batch/", "batch"),
        ("/events/", "events"),
        ("/logfiles/", "logs"),
        ("/logfiles/2026-11-21/", "logs"),
        ("/webhooks/", "webhooks"),
        ("/webhooks/wh_x/pause/", "webhooks"),
        ("/sms/messages/x/callbacks/", "api"),
        ("/docs/", "other"),
    ],
)
def test_each_part_of_the_api_is_counted_by_its_name(archived: Caller, path: str, what: str) -> None:
    answer = archived.post(path) if path.endswith(("batch/", "pause/")) else archived.get(path)
    push_once(services_of(archived).meter)
    kinds = [(kind.what, kind.status) for kind in read_histograms(services_of(archived).metrics_desk.measures)]
    assert kinds == [(what, answer.status_code)]
    assert f"`{what}`" in next(line for line in PAGE.splitlines() if "duration_seconds`" in line)


def test_what_is_owed_and_who_was_seen_is_told(api: Caller) -> None:
    for _ in range(2):
        api.post(data=SMS)
    services = services_of(api)
    services.presence.report("dispatcher")
    services.presence.pause_sending("refused", seconds=30)
    found = read(api.client)
    assert found["shortlink_due", (("kind", "messages"),)] == 2
    assert found["shortlink_due", (("kind", "callbacks"),)] == 0
    assert found["shortlink_due_late_seconds", (("kind", "callbacks"),)] == 0
    assert found["shortlink_due_late_seconds", (("kind", "messages"),)] < 60
    assert found["shortlink_process_up", (("role", "dispatcher"),)] == 1
    assert found["shortlink_process_up", (("role", "worker-messages"),)] == 0
    assert found["shortlink_sending_paused", ()] == 1
    assert found["shortlink_store_log_enabled", ()] == 1
    assert ("shortlink_archive_up", ()) not in found


def test_counters_come_from_the_archive(archived: Caller) -> None:
    found = read(archived.client)
    assert found["shortlink_received_total", ()] == 1
    assert found["shortlink_opt_outs_total", (("wish", "out"),)] == 2
    assert found["shortlink_archive_up", ()] == 1
    assert found["shortlink_process_up", (("role", "recorder"),)] == 0


def test_durations_add_up_over_processes(api: Caller, open_api: Opened) -> None:
    one, two = api, open_api()
    for caller in (one, two, two):
        caller.post(data=SMS)
        caller.get("/no/such/path")
    for caller in (one, two):
        push_once(services_of(caller).meter)
    found = read(one.client)
    name = "shortlink_request_duration_seconds_count"
    assert found[name, (("status", "201"), ("what", "send"))] == 3
    assert found[name, (("status", "404"), ("what", "other"))] == 3


def test_a_redirect_is_measured_as_one(settings: Settings) -> None:
    services = build(settings)
    create_app(services).test_client().get("/7gbpv6YAK")
    push_once(services.meter)
    assert [kind.what for kind in read_histograms(services.metrics_desk.measures)] == ["redirect"]


def test_a_browser_that_is_sent_away_is_measured_apart_from_taps(settings: Settings, tracked: Message) -> None:
    services = build(replace(settings, refuse_prefetch=True))
    client = create_app(services).test_client()
    client.get(f"/{tracked.code}", headers={"Sec-Purpose": "prefetch"})
    client.get(f"/{tracked.code}")
    push_once(services.meter)
    seen = read_histograms(services.metrics_desk.measures)
    assert {kind for kind in seen if kind.what != "send"} == {("prefetch", 503), ("redirect", 302)}


@pytest.mark.parametrize(
    ("given", "headers", "allow", "hops", "status"),
    [
        ("127.0.0.1", {}, None, 0, 200),
        ("::1", {}, None, 0, 200),
        ("::ffff:127.0.0.1", {}, None, 0, 200),
        ("203.0.113.9", {}, None, 0, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, None, 0, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, None, 0, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, None, 1, 403),
        ("127.0.0.1", {"X-Forwarded-For": '", 203.0.113.9'}, None, 1, 403),
        ("127.0.0.1", {"X-Forwarded-For": '"'}, None, 1, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1, , 10.9.9.9"}, None, 2, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, "10.1.0.0/16", 1, 200),
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3:4567"}, "10.1.0.0/16", 1, 200),
        ("fe80::1%eth0", {}, "fe80::/64", 0, 200),
        ("10.2.0.1", {}, "10.1.0.0/16", 0, 403),
        ("127.0.0.1", {}, "", 0, 403),
        ("", {}, None, 0, 403),
    ],
)
def test_only_named_addresses_may_read_it(
    open_api: Opened, given: str, headers: dict[str, str], allow: str | None, hops: int, status: int
) -> None:
    changes = {} if allow is None else {"metrics_allow": tuple(ip_network(one) for one in allow.split() if one)}
    caller = open_api(trusted_proxies=hops, **changes)
    answer = caller.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": given})
    assert answer.status_code == status


def test_a_store_that_is_away_is_a_figure_and_no_error(lost_store: Settings) -> None:
    found = read(create_app(build(replace(lost_store, link_url="http://sl.test"))).test_client())
    assert found == {("shortlink_store_up", ()): 0}


def test_an_archive_that_is_not_there_yet_is_a_figure_and_no_error(open_api: Opened, tmp_path: Path) -> None:
    found = read(open_api(archive_dir=tmp_path).client)
    assert (found["shortlink_archive_up", ()], found["shortlink_store_up", ()]) == (0, 1)


def test_what_could_not_be_added_is_added_later(store: redis.Redis, settings: Settings) -> None:
    away = MeasureStore(build(replace(settings, redis_url="unix:///nonexistent")).ledger._store)
    meter = RequestMeter(away)
    meter.note("redirect", 302, 0.004)
    push_once(meter)
    meter._measures = build(settings).metrics_desk.measures
    meter.note("redirect", 302, 7.0)
    push_once(meter)
    push_once(meter)
    (histogram,) = read_histograms(meter._measures).values()
    assert (histogram.count, histogram.sum_us) == (2, 7_004_000)
    assert histogram.counts[class_of(0.004)] == histogram.counts[-1] == 1


@pytest.mark.parametrize(("seconds", "bound"), [(0.0, 0.001), (0.001, 0.001), (0.0011, 0.0025), (5.0, 5.0)])
def test_a_duration_is_counted_under_the_first_bound_it_does_not_exceed(seconds: float, bound: float) -> None:
    assert BOUNDS[class_of(seconds)] == bound


def test_one_beyond_all_bounds_is_counted_too() -> None:
    assert class_of(5.1) == len(BOUNDS)


def test_damaged_records_are_counted_once_they_were_met_and_until_they_are_mended(
    api: Caller, store: redis.Redis
) -> None:
    name, figure = record_of(api.send()), ("shortlink_unreadable_records", ())
    status = store.hget(name, "s")
    store.hset(name, "s", "?")
    assert read(api.client)[figure] == 0
    api.get("/sms/messages/")
    assert read(api.client)[figure] == 1
    store.hset(name, "s", str(status))
    assert read(api.client)[figure] == 0


def test_in_a_full_store_no_process_counts_as_missing(api: Caller, store: redis.Redis) -> None:
    assert read(api.client)["shortlink_store_writable", ()] == 1
    store.config_set("maxmemory", "1mb")
    try:
        found = read(api.client)
    finally:
        store.config_set("maxmemory", "0")
    assert (found["shortlink_store_up", ()], found["shortlink_store_writable", ()]) == (1, 0)
    assert not [name for name, _ in found if name == "shortlink_process_up"]
