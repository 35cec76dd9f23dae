"""Which taps at both doors count, over the wire: people and machines, a store that hangs or forgot its scripts."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.bootstrap.links import build_redirect
from shortlink.config import Settings
from shortlink.domain.callback import CallbackKind
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.store_clock import StoreClock
from shortlink.use_cases import follow_link
from shortlink.use_cases.measure_requests import Tally
from shortlink.use_cases.replay_clicks import replay_clicks
from tests.factories import MINT
from tests.redirect.conftest import PHONE, TARGET, WireDoor, async_door
from tests.waiting import wait_until

APPLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
SAMSUNG = "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
AHEAD = (
    {"Sec-Purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
    {"X-Purpose": "instant"},
    {"X-Purpose": "x", "Sec-Purpose": "prefetch"},
)


def test_first_tap_is_stored_and_makes_its_callback_due(
    services: Services, door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink]
) -> None:
    door.ask(f"/{tracked.code}")
    first = link_of().first_click_at
    door.ask(f"/{tracked.code}")
    link = link_of()
    assert link.first_click_at == first is not None
    assert link.clicks == 2
    assert services.callbacks.claim(tracked.code, CallbackKind.CLICK, lease_ms=1000) is not None


def test_a_store_that_forgot_its_scripts_is_taught_them_by_the_next_tap(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], store: redis.Redis
) -> None:
    assert door.ask(f"/{tracked.code}").status == 302
    store.script_flush()
    assert door.ask(f"/{tracked.code}").headers["location"] == TARGET
    assert link_of().clicks == 2


def test_a_clock_that_was_set_costs_no_tap_and_counts_none_twice(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.ask(f"/{tracked.code}").status == 302
    right, asked = StoreClock.now, []

    def now(clock: StoreClock) -> int:
        asked.append(clock)
        return right(clock) - (60_000 if len(asked) == 1 else 0)

    monkeypatch.setattr(StoreClock, "now", now)
    assert door.ask(f"/{tracked.code}").headers["location"] == TARGET
    assert len(asked) > 1
    assert link_of().clicks == 2


def test_head_redirects_without_counting(door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink]) -> None:
    answer = door.ask(f"/{tracked.code}", method="HEAD")
    assert (answer.status, answer.headers["location"]) == (302, TARGET)
    assert (link_of().clicks, link_of().machine_hits) == (0, 0)


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        *((PHONE, headers) for headers in AHEAD),
        (PHONE, {"X-Purpose": "preview"}),
        (APPLE, {}),
        (SAMSUNG, {}),
        ("WhatsApp/2.20.70 i", {}),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {}),
    ],
)
def test_machines_are_redirected_without_spending_the_first_click(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], agent: str, headers: dict[str, str]
) -> None:
    answer = door.ask(f"/{tracked.code}", agent=agent, **headers)
    assert (answer.status, answer.headers["location"]) == (302, TARGET)
    link = link_of()
    assert (link.first_click_at, link.clicks, link.machine_hits) == (None, 0, 1)


@pytest.mark.parametrize("headers", AHEAD)
def test_where_it_is_refused_loading_ahead_is_sent_away_so_that_the_tap_is_counted(
    open_door: Callable[..., Any], tracked: Message, link_of: Callable[[], ShortLink], headers: dict[str, str]
) -> None:
    with open_door(refuse_prefetch=True) as door:
        ahead = door.ask(f"/{tracked.code}", **headers)
        assert (ahead.status, ahead.headers["cache-control"], ahead.headers.get("location")) == (503, "no-store", None)
        link = link_of()
        assert (link.first_click_at, link.clicks, link.machine_hits) == (None, 0, 1)
        assert door.ask(f"/{tracked.code}").headers["location"] == TARGET
        assert link_of().clicks == 1


def test_where_loading_ahead_is_refused_a_preview_is_led_on(open_door: Callable[..., Any], tracked: Message) -> None:
    with open_door(refuse_prefetch=True) as door:
        assert door.ask(f"/{tracked.code}", **{"X-Purpose": "preview"}).status == 302


def test_loading_ahead_of_a_dead_link_is_told_that_it_is_dead(
    open_door: Callable[..., Any], tracked: Message, store: redis.Redis
) -> None:
    store.delete(keys.record(tracked.code))
    with open_door(refuse_prefetch=True) as door:
        assert door.ask(f"/{tracked.code}", **{"Sec-Purpose": "prefetch"}).status == 404


@pytest.mark.parametrize(("counted", "clicks"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("agent", ["curl/8.14.1", None])
def test_plain_client_counts_unless_the_setting_leaves_it_out(
    open_door: Callable[..., Any],
    tracked: Message,
    link_of: Callable[[], ShortLink],
    counted: bool,
    clicks: int,
    agent: str | None,
) -> None:
    with open_door(count_plain_clients=counted) as door:
        assert door.ask(f"/{tracked.code}", agent=agent).status == 302
    assert link_of().clicks == clicks


def test_a_remembered_link_works_while_the_store_is_away_and_its_click_is_spooled(
    open_door: Callable[..., Any], tracked: Message, store: redis.Redis, tmp_path: Any
) -> None:
    with open_door(spool_dir=tmp_path, waits_seconds=0.3) as door:
        wait_until(lambda: door.ask(f"/{tracked.code}").status == 302)
        store.client_pause(5000, all=False)  # scripts and writes, not the end of the pause
        answers = [door.ask(f"/{code}").status for code in (tracked.code, MINT.draw())]
        store.client_unpause()
    assert answers == [302, 503]
    (spooled,) = [line for file in tmp_path.glob("*.clicks") for line in file.read_text().splitlines()]
    assert tracked.code in spooled


@pytest.mark.parametrize("held_ms", [30, 225, 400])
def test_taps_on_a_store_that_hangs_for_a_moment_count_once(
    open_door: Callable[..., Any],
    tracked: Message,
    link_of: Callable[[], ShortLink],
    link_settings: Settings,
    store: redis.Redis,
    tmp_path: Path,
    held_ms: int,
) -> None:
    with open_door(spool_dir=tmp_path, waits_seconds=0.04) as door:
        wait_until(lambda: door.ask(f"/{tracked.code}", method="HEAD").status == 302)
        with ThreadPoolExecutor(13) as people:
            # The commands of others wait meanwhile and are carried out afterwards, whether or not anybody still waits.
            people.submit(store.eval, f"local began = os.clock() while os.clock() - began < {held_ms / 1000} do end", 0)
            time.sleep(0.01)
            asked = [people.submit(door.ask, f"/{tracked.code}") for _ in range(12)]
            answers = [one.result().status for one in asked]
        wait_until(store.ping)
    assert replay_clicks(build_redirect(replace(link_settings, spool_dir=tmp_path)).desk) <= 12
    assert set(answers) == {302}
    assert link_of().clicks == 12


def test_every_tap_is_measured_by_its_status(
    link_settings: Settings, tracked: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, int]] = []
    monkeypatch.setattr(Tally, "note", lambda _, what, status, _seconds: noted.append((what, status)))
    with async_door(replace(link_settings, refuse_prefetch=True), waits_seconds=5.0) as door:
        for path in (f"/{tracked.code}", f"/{tracked.code}", f"/{MINT.draw()}", "/healthz"):
            door.ask(path)
        door.ask(f"/{tracked.code}", Sec_Purpose="prefetch")
        monkeypatch.setattr(follow_link, "judge", None)  # a fault of ours before the store is asked
        door.ask(f"/{tracked.code}")
    assert noted == [("redirect", 302), ("redirect", 302), ("redirect", 404), ("prefetch", 503), ("redirect", 500)]
