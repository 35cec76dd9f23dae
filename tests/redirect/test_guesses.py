"""Guesses at short codes are throttled, by the address of who guesses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlink.domain.message import Message
from tests.factories import MINT


def test_guessers_are_throttled_by_address_hits_and_misses_alike(
    open_door: Callable[..., Any], tracked: Message
) -> None:
    with open_door(misses_per_minute=3, trusted_proxies=1) as door:
        statuses = [door.ask(f"/{MINT.draw()}", X_Forwarded_For="9.9.9.9, 1.2.3.4").status for _ in range(4)]
        assert statuses == [404, 404, 404, 429]
        refused = door.ask(f"/{tracked.code}", X_Forwarded_For="8.8.8.8,1.2.3.4")
        assert (refused.status, "many" in refused.text) == (429, True)
        assert int(refused.headers["retry-after"]) > 0
        assert door.ask(f"/{tracked.code}", X_Forwarded_For="1.2.3.4, 5.6.7.8").status == 302


def test_what_can_be_no_code_is_no_guess(open_door: Callable[..., Any], tracked: Message) -> None:
    with open_door(misses_per_minute=1) as door:
        assert {door.ask(f"/{path}").status for path in ("favicon.png", "wp-login", tracked.code[:7], "%FF")} == {404}
        assert door.ask(f"/{tracked.code}").status == 302


@pytest.mark.parametrize("entries", [["1.2.3.4:1", "1.2.3.4:2"], ["[2001:db8::1]:1", "2001:db8::2"], ['"1', '"2']])
def test_no_spelling_of_an_address_buys_another_guess(
    open_door: Callable[..., Any], tracked: Message, entries: list[str]
) -> None:
    first, second = entries
    with open_door(misses_per_minute=1, trusted_proxies=1) as door:
        assert door.ask(f"/{MINT.draw()}", X_Forwarded_For=first).status == 404
        assert door.ask(f"/{tracked.code}", X_Forwarded_For=second).status == 429


def test_forwarded_addresses_are_believed_only_behind_a_proxy(open_door: Callable[..., Any], tracked: Message) -> None:
    with open_door(misses_per_minute=1) as door:
        assert door.ask(f"/{MINT.draw()}", X_Forwarded_For="1.1.1.1").status == 404
        assert door.ask(f"/{tracked.code}", X_Forwarded_For="2.2.2.2").status == 429
