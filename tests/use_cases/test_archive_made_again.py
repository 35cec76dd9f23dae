"""Whatever happened, and however it was recorded: the archive says what the store says, and so does one made again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.domain.durations import HOUR_MS
from shortlink.domain.message import Message, MessageStatus
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.events import EventStreams
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.record_events import RecordDesk, record_events
from shortlink.use_cases.send_desk import SendDesk
from tests.factories import make_message
from tests.use_cases.conftest import ScriptedCarrier
from tests.use_cases.happenings import Happenings
from tests.use_cases.recording import SID, Add

NUMBERS, TAGS = ("+818011234567", "+14155550100"), ("spring", "a b", "“é”", "%_'")
TABLES = {
    "days": "account, day, type, count",
    "messages": "code, status, tags, submitted_at, ended_at, error, first_click_at, clicks, machine_hits, link",
    **dict.fromkeys(("hours", "whole_days", "link_hours", "link_days", "failure_hours", "failure_days"), "*"),
    **dict.fromkeys(("delays", "delay_days"), "account, tag, at, class, count"),
}
Open = Callable[[str], tuple[Archive, Callable[[int], None]]]


@pytest.fixture
def open_recorder(client: Store, tmp_path: Path) -> Open:
    """Open an archive of its own, and what records into it, so many entries of a partition at once."""

    def opened(name: str) -> tuple[Archive, Callable[[int], None]]:
        archive = Archive(tmp_path / name)
        desk = RecordDesk(streams=EventStreams(client), log=EventLog(archive), index=MessageIndex(archive))

        def record(most: int) -> None:
            while record_events(desk, wait_ms=1, most=most):
                pass

        return archive, record

    return opened


@pytest.fixture
def happenings(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    sendings: SendingStore,
    links: LinkStore,
    opt_outs: OptOutStore,
    erasures: ErasureStore,
) -> Happenings:
    return Happenings(
        chance=random.Random(),
        desk=desk,
        carrier=carrier,
        sendings=sendings,
        links=links,
        opt_outs=opt_outs,
        erasures=erasures,
    )


@pytest.mark.parametrize("seed", range(4))
def test_archive_says_what_the_store_says_and_so_does_one_made_again(
    add: Add, happenings: Happenings, open_recorder: Open, messages: MessageStore, seed: int
) -> None:
    chance, (archive, record) = happenings.chance, open_recorder("archive")
    chance.seed(seed)
    known: list[Message] = []
    for _ in range(60):
        if not known or chance.random() < 0.2:
            tags, number = tuple(chance.sample(TAGS, chance.randint(0, 2))), chance.choice(NUMBERS)
            known.append(add(make_message(tags=tags, recipient=number, click_url=None, report_url=None)))
        happenings.befall(chance.choice(known))
        if chance.random() < 0.2:
            record(chance.choice((1, 3, 100)))
    record(100)
    _compare(archive, [messages.get(one.id) for one in known])
    for most in (1, 100):
        again, record_again = open_recorder(f"again-{most}")
        record_again(most)
        assert _rows(again) == _rows(archive)


def _compare(archive: Archive, stored: list[Message]) -> None:
    """Hold the archive's figures, and each of its messages, to the store's records."""
    totals, index = Figures(archive).totals(SID, since=0, until=2**42), MessageIndex(archive)
    linked = [(one, one.link) for one in stored if one.link]
    delivered = [link for one, link in linked if one.status is MessageStatus.DELIVERED]
    failed = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)
    assert (totals.accepted, totals.failed) == (len(stored), sum(one.status in failed for one in stored))
    assert totals.clicks == sum(link.clicks for _, link in linked)
    assert totals.machine_hits == sum(link.machine_hits for _, link in linked)
    assert (totals.delivered, totals.delivered_linked) == (len(delivered), len(delivered))
    assert totals.delivered_clicked == sum(link.first_click_at is not None for link in delivered)
    for one, link in linked:
        row = index.get(SID, one.id)
        assert row is not None
        found = (row.status, row.clicks, row.machine_hits, row.first_click_at)
        assert found == (one.status, link.clicks, link.machine_hits, link.first_click_at)
    first = Counter(link.first_click_at // HOUR_MS * HOUR_MS for _, link in linked if link.first_click_at)
    for hour, clicked in first.items():
        assert Figures(archive).totals(SID, since=hour, until=hour + HOUR_MS).clicked == clicked


def _rows(archive: Archive) -> dict[str, list[tuple[Any, ...]]]:
    with archive.reading() as rows:
        return {
            table: sorted((tuple(row) for row in rows.execute(f"SELECT {names} FROM {table}")), key=repr)
            for table, names in TABLES.items()
        }
