"""What a process of the door does beside answering: it adds its figures to the store's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from shortlink.domain.errors import StoreUnavailable
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
