"""All that the store holds of one message at one instant, as a script found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shortlink.domain.callback import CallbackKind
from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.snapshot import Snapshot
from shortlink.storage.record import reading, tries_not_owed, unpack_callbacks, unpack_message, unpack_pairs
from shortlink.storage.record_reader import NO_HASH, NO_TEXT


def read_snapshot(code: str, answer: list[str]) -> Snapshot:
    """Build a snapshot from the answer of `inspect_record`; a record that cannot be read says why."""
    due = {CallbackKind.CLICK: answer[3], CallbackKind.REPORT: answer[4]}
    snapshot = Snapshot(
        code=code,
        now=int(answer[0]),
        life_ms=int(answer[1]),
        message=None,
        due_at=_time(answer[2]) if answer[2] else None,
        callbacks_due={kind: _time(score) for kind, score in due.items() if score},
    )
    if len(record := answer[5:]) == 1:
        return replace(snapshot, unreadable=NO_HASH)
    return _with_record(snapshot, unpack_pairs(record))


def unreadable_snapshot(code: str) -> Snapshot:
    """Build the snapshot of a record of which one field is no text, so that its script's answer cannot be read."""
    return Snapshot(code=code, now=0, life_ms=-1, message=None, unreadable=NO_TEXT)


def _answered_well(kind: CallbackKind, record: Mapping[str, str]) -> int:
    """Number the last try of a callback that got a 200; 0 when none did."""
    tries = {name[1:]: value for name, value in record.items() if name[:1] == kind and name[1:].isdecimal()}
    return max((int(number) for number, packed in tries.items() if packed.split(" ")[2] == "200"), default=0)


def _time(score: str) -> int:
    """Read a time of a due set; a hand can write one without end there."""
    return int(max(-END_OF_TIME, min(float(score), END_OF_TIME)))


def _with_record(snapshot: Snapshot, record: dict[str, str]) -> Snapshot:
    """Add what the record says, or why it cannot be read."""
    if not record:
        return snapshot
    try:
        return _read_all(snapshot, record)
    except RecordUnreadable as error:
        return replace(snapshot, unreadable=error.reason)


def _read_all(snapshot: Snapshot, record: dict[str, str]) -> Snapshot:
    with reading(snapshot.code, record):
        return replace(
            snapshot,
            message=unpack_message(snapshot.code, record),
            callbacks=tuple(unpack_callbacks(snapshot.code, record)),
            tries_not_owed=tuple(tries_not_owed(record)),
            token=int(record["N"]) if "N" in record else None,
            lease=int(record["l"]) if "l" in record else None,
            planned=int(record["y"]) if "y" in record else None,
            looks=int(record.get("w", 0)),
            erased="E" in record,
            callbacks_held={kind: int(record[f"{kind}l"]) for kind in CallbackKind if f"{kind}l" in record},
            callbacks_planned={kind: int(record[f"{kind}y"]) for kind in CallbackKind if f"{kind}y" in record},
            answered_well={kind: last for kind in CallbackKind if (last := _answered_well(kind, record))},
        )
