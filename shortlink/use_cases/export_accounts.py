"""Export accounts with all that is theirs, for another installation to take up; `import_accounts` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from shortlink.domain.errors import RecordUnreadable
from shortlink.storage.inspection import Inspector
from shortlink.storage.transfer import TransferStore

FORMAT = 1
_PAGE = 200


def export_accounts(
    *,
    transfer: TransferStore,
    inspector: Inspector,
    sid: str | None,
    key_check: str,
    progress: Callable[[int], None],
    leave_out: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """Give every account, opt-out, webhook, note of a sender and message, or those of one account; first, what it is.

    What changes meanwhile is written as it is when its turn comes. `leave_out` is told the name of what cannot be
    read, and so is not written.
    """
    yield {"kind": "export", "format": FORMAT, "key_check": key_check}
    for one, fields in transfer.accounts():
        if sid in (None, one):
            yield from _account(one, fields, transfer, leave_out)
    yield from _senders(sid, transfer, leave_out)
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


def _senders(sid: str | None, transfer: TransferStore, leave_out: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Give what is noted of senders, of all accounts or of one."""
    for note in transfer.senders.all(sid):
        if isinstance(note, str):
            leave_out(note)
        else:
            yield {"kind": "sender", **asdict(note)}
