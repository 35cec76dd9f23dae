"""Import what another installation exported: accounts with all that is theirs; what is here already stays as it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import RecordUnreadable, ShortlinkError
from shortlink.storage.record_copy import RecordCopy, is_code
from shortlink.storage.sender_copies import SenderCopy
from shortlink.storage.transfer import TransferStore
from shortlink.use_cases.export_accounts import FORMAT

_PAGE = 200


class UnreadableCopy(ShortlinkError):
    """What is to be imported is no export of this service, or of a newer one."""


class StillOwed(ShortlinkError):
    """Messages are still to be sent, and nobody said that the other installation has stopped."""


def read_header(line: Mapping[str, Any]) -> str:
    """Check the first object of an export and return the fingerprint of its secret key. Raises UnreadableCopy."""
    if line.get("kind") != "export" or line.get("format") != FORMAT:
        raise UnreadableCopy("this is no export of this version: line 1 does not name its format")
    return str(line.get("key_check", ""))


def import_accounts(
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
    copies = _copies(lines, transfer, counts, take_over=take_over, leave_out=leave_out)
    while page := list(islice(copies, _PAGE)):
        counts.update(transfer.put(page))
        progress(counts.total())
    progress(counts.total())
    return counts


def _copies(
    lines: Iterable[Mapping[str, Any]],
    transfer: TransferStore,
    counts: Counter[str],
    *,
    take_over: bool,
    leave_out: Callable[[str], None],
) -> Iterator[RecordCopy]:
    """Give the messages among the lines; what else they hold is put on the way."""
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
        yield one


def _place(number: int, line: Mapping[str, Any]) -> str:
    """Name a line that is left out, without what else stands in it."""
    code = line.get("code")
    return f"line {number} (message {code})" if is_code(code) else f"line {number}"


def _take(line: Mapping[str, Any], transfer: TransferStore, counts: Counter[str]) -> RecordCopy | None:
    """Put what a line holds, and count it; a message is returned, to be put with others."""
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
    elif kind == "sender":
        counts["new" if transfer.senders.put(_sender(line)) else "known"] += 1
    elif kind == "message":
        return _record(line)
    else:
        raise ValueError("no kind of line")
    return None


def _record(line: Mapping[str, Any]) -> RecordCopy:
    given = {name: value for name, value in line.items() if name != "kind"}
    return RecordCopy(**{**given, "fields": _texts(given["fields"])})


def _sender(line: Mapping[str, Any]) -> SenderCopy:
    given = {name: value for name, value in line.items() if name != "kind"}
    fields = given["fields"]
    return SenderCopy(**{**given, "fields": None if fields is None else _texts(fields)})


def _begun_anew(webhooks: Mapping[str, str]) -> dict[str, str]:
    """Let webhooks begin with this archive's first event: places in another archive mean nothing here."""
    begun = {name: {**json.loads(packed), "begins_after": 0, "archive": 0} for name, packed in webhooks.items()}
    return {name: json.dumps(one, ensure_ascii=False, separators=(",", ":")) for name, one in begun.items()}


def _count(counts: Counter[str], new: int, all_: int) -> None:
    counts.update({"new": new, "known": all_ - new})


def _texts(fields: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in fields.items()}
