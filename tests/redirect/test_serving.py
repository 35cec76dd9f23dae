"""What a process of the door does beside answering: it opens its line, and adds its figures to the store's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import pytest

from shortlink.bootstrap.links import build_redirect
from shortlink.config import Settings
from shortlink.domain.errors import StoreUnavailable
from shortlink.http1.server import Server
from shortlink.redirect import serving
from shortlink.storage.connection import Store
from shortlink.storage.measures import MeasureStore
from shortlink.use_cases.measure_requests import Kind, Tally, read_histograms

PATIENCE = 10.0


class UncertainStore(MeasureStore):
    """The store's figures, of which the first tries to add some fail."""

    def __init__(self, client: Store, *faults: Exception) -> None:
        super().__init__(client)
        self.faults = list(faults)
        self.added = 0

    def add(self, figures: Mapping[str, int]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        super().add(figures)
        self.added += 1


@pytest.mark.parametrize("faults", [[], [StoreUnavailable("away")], [RuntimeError("a fault of ours")]], ids=str)
def test_each_tap_is_added_to_the_figures_once_however_often_some_are_pushed(
    client: Store, monkeypatch: pytest.MonkeyPatch, faults: list[Exception]
) -> None:
    monkeypatch.setattr(serving, "_PUSH_SECONDS", 0.001)
    tally, measures = Tally(), UncertainStore(client, *faults)

    async def main() -> None:
        pushing = asyncio.create_task(serving._push(tally, measures))
        for round_ in range(3):
            tally.note("redirect", 302, 0.001)
            while measures.added == round_:  # noqa: ASYNC110, it tells nobody
                await asyncio.sleep(0.001)
        pushing.cancel()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    found = read_histograms(measures)[Kind("redirect", 302)]
    assert (found.count, measures.added) == (3, 3)


def test_the_first_tap_finds_the_line_to_the_store_open(
    link_settings: Settings, client: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = build_redirect(link_settings)

    async def wait_for_the_line(server: Server, listening: socket.socket) -> None:
        while services.line._connection is None:  # noqa: ASYNC110, it tells nobody
            await asyncio.sleep(0.001)

    monkeypatch.setattr(serving, "serve_until_told", wait_for_the_line)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asyncio.run(asyncio.wait_for(serving._serve(services, listening), PATIENCE))
    assert services.line._connection is None, "it is closed at the end"
