"""What the audit says of an archive and the streams it is filled from."""

from __future__ import annotations

import redis

from shortlink.domain.code import partition_of
from shortlink.storage import keys
from shortlink.storage.links import LinkStore
from shortlink.use_cases.audit_archive import audit_archive
from shortlink.use_cases.record_events import RecordDesk
from tests.use_cases.recording import Add, Record, tap


def test_an_archive_that_fits_its_streams_has_no_findings(
    add: Add, record_desk: RecordDesk, record: Record, store: redis.Redis
) -> None:
    add()
    trimmed = add()
    stream = keys.events(partition_of(trimmed.code))
    store.xtrim(stream, maxlen=0, approximate=False)  # before there was an archive
    record()
    add()
    record()
    for letter in "abcdefghijklmnop":
        store.xtrim(keys.events(letter), maxlen=0, approximate=False)
    assert list(audit_archive(record_desk.streams, record_desk.log)) == []


def test_what_was_trimmed_too_early_is_found(
    add: Add, record_desk: RecordDesk, record: Record, links: LinkStore, store: redis.Redis
) -> None:
    message = add()
    record()
    tap(links, message)
    tap(links, message)
    store.xtrim(keys.events(partition_of(message.code)), maxlen=1, approximate=False)
    [finding] = audit_archive(record_desk.streams, record_desk.log)
    assert (finding.invariant, finding.seen) == ("I17", "1 events were trimmed before they were archived")


def test_a_store_that_lost_what_is_archived_is_found(
    add: Add, record_desk: RecordDesk, record: Record, store: redis.Redis
) -> None:
    message = add()
    record()
    stream = keys.events(partition_of(message.code))
    store.delete(stream)
    store.xadd(stream, {"e": "aCODE"}, id="5-0")
    [finding] = audit_archive(record_desk.streams, record_desk.log)
    assert "the store has lost events" in finding.seen
