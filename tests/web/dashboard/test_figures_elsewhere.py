"""Whatever happened: logs, the feed and monitoring tell it too, and figures outlive what they were counted from."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from shortlink.bootstrap.archive import build_file_desk
from shortlink.config import Settings
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import EventType as Type
from shortlink.use_cases import watch_certificate
from shortlink.use_cases.file_away import FileRules
from shortlink.use_cases.keep_archive import keep_archive
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.history import TAGS, History
from tests.web.dashboard.test_figures_agree import OTHER, columns, periods, record_history, table, tiles
from tests.web.dashboard.test_search import shown

PLACE = (ZoneInfo("UTC"), date(2024, 3, 1))


@pytest.fixture
def history(reader: Reader) -> History:
    return record_history(reader, 1_709_251_200_000)  # the end of a leap day


def test_figures_stay_when_what_they_were_counted_from_goes(reader: Reader, history: History, tmp_path: Path) -> None:
    def figures() -> list[object]:
        pages = [(reader.page(f"/?{asked}"), f"?{asked}") for asked, _ in periods(PLACE)]
        return [
            (tiles(page), columns(page), table(reader, f"/links.csv{query}"), table(reader, f"/tags.csv{query}"))
            for page, query in pages
        ]

    before = figures()
    desk = build_file_desk(Settings(archive_dir=tmp_path / "archive"))
    today = max(event.kept_at or event.at for event in history.events) // DAY_MS + 9
    reader.log.append([], complete=today)
    for file_days in (0, 1):  # numbers, texts and events go first, then the files and the index of messages
        rules = FileRules(event_days=1, file_days=file_days, number_days=1, text_days=1)
        for _ in range(2):
            keep_archive(replace(desk, rules=rules), today=today)
        assert figures() == before
    assert reader.log.page(reader.sid).events == []
    assert shown(reader.page("/messages")) == []


def test_logs_and_feed_tell_every_event_once(reader: Reader, history: History) -> None:
    def get(path: str) -> Any:
        return reader.client.get(path, auth=(reader.sid, reader.token), buffered=True)

    def feed(query: str = "") -> Counter[str]:
        return Counter(event["id"] for event in get(f"/events/?limit=1000{query}").get_json()["events"])

    logged: Counter[str] = Counter()
    for day in get("/logfiles/").get_json():
        for name in get(f"/logfiles/{day}/").get_json():
            rows = list(csv.DictReader(StringIO(get(f"/logfiles/{name}/header/").text)))
            names = Counter(row["id"] for row in rows)
            assert names == Counter(row["id"] for row in get(f"/logfiles/{name}/json/").get_json())
            assert names == Counter(re.findall("<id>([^<]+)</id>", get(f"/logfiles/{name}/xml/").text))
            logged += names
    assert logged == feed() == Counter(event.id for event in history.events)
    for tag in TAGS:
        assert feed(f"&tag={quote(tag)}") == Counter(event.id for event in history.tagged(tag).events)


def test_monitoring_counts_what_all_accounts_did(
    reader: Reader, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_certificate, "certificate_end", lambda *_: 4_102_444_800_000)
    other = reader.log.page(OTHER, limit=1000).events
    both = History(met=history.met, events=[*history.events, *other])
    told = reader.client.get("/metrics").text
    counters = re.findall(r"^(shortlink_\w+_total\S*) (\S+)$", told, re.MULTILINE)
    found = {name: int(float(value)) for name, value in counters}

    def always(_: int) -> bool:
        return True

    for state in ("accepted", "submitted", "delivered", "failed"):
        wanted = both.count(Type[f"MESSAGE_{state.upper()}"], always)
        assert found[f'shortlink_messages_total{{state="{state}"}}'] == wanted
    for verdict in ("human", "preview", "prefetch", "scanner", "head", "unknown"):
        hits = sum(both.count(type_, always, verdict=verdict) for type_ in (Type.LINK_CLICKED, Type.LINK_PREVIEWED))
        assert found[f'shortlink_hits_total{{verdict="{verdict}"}}'] == hits
    assert found["shortlink_first_clicks_total"] == both.clicked(always)
    assert found["shortlink_received_total"] == both.count(Type.MESSAGE_RECEIVED, always)
