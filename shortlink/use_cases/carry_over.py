"""Write everything down, and take it up again in another installation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import RecordUnreadable, ShortlinkError
from shortlink.storage.inspection import Inspector
from shortlink.storage.record_copy import RecordCopy, is_code
from shortlink.storage.transfer import TransferStore

FORMAT = 1
_PAGE = 200


class UnreadableCopy(ShortlinkError):
    """What is to be imported is no export of this service, or of a newer one."""


class StillOwed(ShortlinkError):
    """Messages are still to be sent, and nobody said that the other installation has stopped."""


def write_down(
    *,
    transfer: TransferStore,
    inspector: Inspector,
    sid: str | None,
    key_check: str,
    progress: Callable[[int], None],
    leave_out: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """Give every account, opt-out, webhook and message, or those of one account; first, what it is.

    What changes meanwhile is written as it is when its turn comes. `leave_out` is told the name of what cannot be
    read, and so is not written.
    """
    yield {"kind": "export", "format": FORMAT, "key_check": key_check}
    for one, fields in transfer.accounts():
        if sid in (None, one):
            yield from _account(one, fields, transfer, leave_out)
    seen = 0
    for codes in inspector.pages(_PAGE):
        for copied in transfer.copy(codes):
            if sid is not None and copied.account not in (sid, ""):  # "": nobody knows whose, so it may be its own
                continue
            if isinstance(copied, RecordUnreadable):
                leave_out(f"message {copied.code}")
            else:
                yield {"kind": "message", **asdict(copied)}
        seen += len(codes)
        progress(seen)


def _account(
    sid: str, fields: Mapping[str, str] | None, transfer: TransferStore, leave_out: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Give one account with its opt-outs and webhooks, as far as they can be read."""
    if fields is None:
        leave_out(f"account {sid}")
    else:
        yield {"kind": "account", "fields": fields}
    for partition, found in transfer.opt_outs(sid).items():
        if found is None:
            leave_out(f"opt-outs of {sid} in partition {partition}")
        else:
            yield {"kind": "opt-outs", "partition": partition, "account": sid, "fields": found}
    webhooks = transfer.webhooks(sid)
    if webhooks is None:
        leave_out(f"webhooks of {sid}")
    elif webhooks:
        yield {"kind": "webhooks", "account": sid, "fields": webhooks}


def take_up(
    lines: Iterable[Mapping[str, Any]],
    *,
    transfer: TransferStore,
    take_over: bool,
    progress: Callable[[int], None],
    leave_out: Callable[[str], None],
) -> Counter[str]:
    """Put everything that is not there yet, and count what was `new`, `known` and `ended`.

    A second time, or after it was broken off, all that was put is known. Without `take_over`, raises StillOwed at
    the first message that is still to be sent or told of, because two installations would do so. `leave_out` is told
    the place of each line that is not as an export writes it, and the code of its message if it has one.
    """
    counts: Counter[str] = Counter()
    waiting: list[RecordCopy] = []
    for number, line in enumerate(lines, start=2):
        try:
            one = _take(line, transfer, counts)
        except (KeyError, TypeError, ValueError, AttributeError, RecordUnreadable):
            leave_out(_place(number, line))
            continue
        if one is None:
            continue
        if one.owes and not take_over:
            raise StillOwed(
                f"message {one.code} is still owed: stop the other installation for good, then import with --take-over"
            )
        waiting.append(one)
        if len(waiting) == _PAGE:
            counts.update(transfer.put(waiting))
            progress(counts.total())
            waiting.clear()
    counts.update(transfer.put(waiting) if waiting else ())
    progress(counts.total())
    return counts


def _place(number: int, line: Mapping[str, Any]) -> str:
    """Name a line that is left out, without what else stands in it."""
    code = line.get("code")
    return f"line {number} (message {code})" if is_code(code) else f"line {number}"


def read_header(line: Mapping[str, Any]) -> str:
    """Check the first object of an export and return the fingerprint of its secret key. Raises UnreadableCopy."""
    if line.get("kind") != "export" or line.get("format") != FORMAT:
        raise UnreadableCopy("this is no export of this version: line 1 does not name its format")
    return str(line.get("key_check", ""))


def _take(line: Mapping[str, Any], transfer: TransferStore, counts: Counter[str]) -> RecordCopy | None:
    kind = line["kind"]
    if kind == "account":
        counts["new" if transfer.put_account(_texts(line["fields"])) else "known"] += 1
    elif kind == "opt-outs":
        if line["partition"] not in PARTITIONS:
            raise ValueError("no partition")
        found = _texts(line["fields"])
        _count(counts, transfer.put_opt_outs(line["partition"], str(line["account"]), found), len(found))
    elif kind == "webhooks":
        webhooks = _begun_anew(_texts(line["fields"]))
        _count(counts, transfer.put_webhooks(str(line["account"]), webhooks), len(webhooks))
    elif kind == "message":
        return _record(line)
    else:
        raise ValueError("no kind of line")
    return None


def _record(line: Mapping[str, Any]) -> RecordCopy:
    given = {name: value for name, value in line.items() if name != "kind"}
    return RecordCopy(**{**given, "fields": _texts(given["fields"])})


def _begun_anew(webhooks: Mapping[str, str]) -> dict[str, str]:
    """Let webhooks begin with this archive's first event: places in another archive mean nothing here."""
    begun = {name: {**json.loads(packed), "begins_after": 0, "archive": 0} for name, packed in webhooks.items()}
    return {name: json.dumps(one, ensure_ascii=False, separators=(",", ":")) for name, one in begun.items()}


def _count(counts: Counter[str], new: int, all_: int) -> None:
    counts.update({"new": new, "known": all_ - new})


def _texts(fields: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in fields.items()}
