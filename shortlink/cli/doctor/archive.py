"""Whether the archive of events can grow, its old days be reached, and taps be kept while the store is away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from shortlink.cli.doctor.finding import Finding, ok, problem, warning
from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.compare_streams import compare_streams

if TYPE_CHECKING:
    from shortlink.archive.day_files import DayFiles
    from shortlink.archive.events import EventLog
    from shortlink.storage.events import EventStreams

LITTLE_BYTES = 1 << 30
LATE_SECONDS = 60
_LOST = "docs/operations.md#a-store-that-has-lost-something"
_STANDS_STILL = "docs/operations.md#an-archive-that-stands-still"
_NAME = "archive"


def look_at_archive(folder: Path | None) -> Finding:
    """Look at the archive's folder and the space around it."""
    if folder is None:
        return warning(
            _NAME,
            "none is kept: no dashboard figures, no log files, no webhooks",
            "set SHORTLINK_ARCHIVE_DIR, and start the processes recorder and webhooks",
        )
    if not folder.is_dir():
        return warning(_NAME, f"{folder} is not there yet", "start a recorder, which makes it")
    return _look_at_room(_NAME, folder, folder, "nothing is recorded, and the store keeps all events")


def look_at_recording(events: EventLog, streams: EventStreams) -> Finding:
    """Compare the archive with the store: whether the recorder keeps up, and the store has what it once had."""
    name = "archive and store"
    try:
        found = compare_streams(streams, events)
    except ArchiveUnavailable as error:
        return problem(name, str(error), "see " + _STANDS_STILL)
    if found.lost:
        seen = f"the store has lost events of {len(found.lost)} of {len(PARTITIONS)} partitions, which the archive has"
        return problem(name, seen, "stop dispatcher and workers, and see " + _LOST)
    if found.late_seconds > LATE_SECONDS:
        seen = f"the oldest event that is not in the archive is {found.late_seconds:,.0f} s old"
        return warning(name, seen, "see the recorder's log, and " + _STANDS_STILL)
    return ok(name, "the archive has all that happened")


def look_at_spool(folder: Path | None) -> Finding:
    """Look at the folder for clicks that come while the store is away; a door makes it when it first needs it."""
    name = "click spool"
    if folder is None:
        return warning(
            name,
            "none: while the store is away, taps are answered with 503",
            "set SHORTLINK_SPOOL_DIR for the doors, if links shall lead on meanwhile",
        )
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return _look_at_room(name, folder, place, "no click is kept while the store is away")


def _look_at_room(name: str, folder: Path, place: Path, without: str) -> Finding:
    """See whether a folder can be written, or the `place` where it will be made, and how much room is there."""
    if not os.access(place, os.W_OK | os.X_OK):
        return problem(name, f"{place} cannot be written by this user", "give it to the user of the service")
    free = shutil.disk_usage(place).free
    seen = f"{folder}, {free / (1 << 30):.1f} GiB free"
    return problem(name, seen, f"make room: without it {without}") if free < LITTLE_BYTES else ok(name, seen)


def look_at_old_days(bucket: str | None, files: DayFiles) -> Finding:
    """List the files of past days, in their bucket if there is one."""
    name = "archive, old days"
    try:
        files.probe()
    except ArchiveUnavailable as error:
        told = f": {str(error.__cause__).splitlines()[0][:300]}" if error.__cause__ else ""
        mend = "see that bucket, endpoint, region and credentials are right: docs/logs.md#old-days-in-a-bucket"
        return problem(name, f"{error}{told}", mend)
    return ok(name, f"{bucket or 'their folder'} can be listed")
