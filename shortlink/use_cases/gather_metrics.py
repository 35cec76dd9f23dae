"""Gather every figure that monitoring wants; what cannot be had is left out, and said so."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.grand_totals import grand_totals, oldest_unsent_at, webhook_debt
from shortlink.archive.totals import Totals
from shortlink.domain.due import Due
from shortlink.domain.errors import ArchiveUnavailable, StoreUnavailable
from shortlink.domain.latency import Histogram
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.measures import MeasureStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.unreadable_records import UnreadableRecords
from shortlink.storage.vitals import Vitals, VitalsReader
from shortlink.use_cases.check_readiness import EXTRA_ROLES, ROLES
from shortlink.use_cases.compare_streams import Comparison, compare_streams
from shortlink.use_cases.find_unreadable import find_unreadable
from shortlink.use_cases.measure_requests import Kind, read_histograms
from shortlink.use_cases.watch_certificate import CertificateWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsDesk:
    """Where the figures come from. `archive` is None where none is kept, `certificate` where links are not https."""

    vitals: VitalsReader
    presence: PresenceStore
    ledger: Ledger
    measures: MeasureStore
    unreadable: UnreadableRecords
    inspector: Inspector
    streams: EventStreams
    archive: Archive | None
    certificate: CertificateWatch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a due set holds: how much, and by how many seconds its first item is late (0 when it is not)."""

    depth: int
    late_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePicture:
    """What the store told."""

    vitals: Vitals
    owed: Mapping[Due, Owed]
    seen: Mapping[str, bool]  # by role; empty while no process can tell the store that it lives
    writable: bool
    paused: bool
    durations: Mapping[Kind, Histogram]
    unreadable: int  # records that were met and are still damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePicture:
    """What the archive told."""

    totals: Totals
    oldest_unsent_seconds: float
    webhooks: Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All figures of one moment. None stands for a part that does not answer; `keeps_archive` that there is one.

    `recording` takes both parts. `certificate_seconds` is how long the link domain's certificate is still good; None
    while that is not known.
    """

    store: StorePicture | None = None
    archive: ArchivePicture | None = None
    recording: Comparison | None = None
    keeps_archive: bool = field(default=False)
    certificate_seconds: float | None = None


def gather_metrics(desk: MetricsDesk, *, now: int) -> Picture:
    """Look at the store and the archive; `now` is this machine's time in UTC ms. Raises nothing on their account."""
    store: StorePicture | None = None
    archive: ArchivePicture | None = None
    recording: Comparison | None = None
    with suppress(StoreUnavailable):
        store = _look_at_store(desk)
    if desk.archive is not None:
        with suppress(ArchiveUnavailable):
            archive = _look_at_archive(desk.archive, now)
        with suppress(StoreUnavailable, ArchiveUnavailable):
            recording = compare_streams(desk.streams, EventLog(desk.archive)) if store and archive else None
    return Picture(
        store=store,
        archive=archive,
        recording=recording,
        keeps_archive=desk.archive is not None,
        certificate_seconds=None if desk.certificate is None else desk.certificate.seconds_left(now),
    )


def _look_at_store(desk: MetricsDesk) -> StorePicture:
    now = desk.vitals.now()
    roles = ROLES if desk.archive is None else ROLES + EXTRA_ROLES
    writable = _is_writable(desk.presence)
    absent = desk.presence.absent(*roles)
    return StorePicture(
        vitals=desk.vitals.read(),
        owed={due: _owed(desk.ledger, due, now) for due in Due},
        seen={role: role not in absent for role in roles} if writable else {},
        writable=writable,
        paused=desk.presence.sending_paused() is not None,
        durations=read_histograms(desk.measures),
        unreadable=len(find_unreadable(desk.unreadable, desk.inspector)),
    )


def _is_writable(presence: PresenceStore) -> bool:
    try:
        presence.check_writable()
    except StoreUnavailable:
        return False
    return True


def _owed(ledger: Ledger, due: Due, now: int) -> Owed:
    first = ledger.first_due_at(due)
    return Owed(depth=ledger.depth(due), late_seconds=_seconds_since(first, now))


def _look_at_archive(archive: Archive, now: int) -> ArchivePicture:
    owed, first = webhook_debt(archive)
    return ArchivePicture(
        totals=grand_totals(archive),
        oldest_unsent_seconds=_seconds_since(oldest_unsent_at(archive), now),
        webhooks=Owed(depth=owed, late_seconds=_seconds_since(first, now)),
    )


def _seconds_since(at: int | None, now: int) -> float:
    return 0.0 if at is None else max(0, now - at) / 1000
