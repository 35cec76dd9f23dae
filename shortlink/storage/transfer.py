"""Copies of what the store holds, as it holds it, to carry from one installation to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.errors import AccountUnreadable, NotFound, RecordUnreadable
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.carrier_ids import CARRIER_ID_SECONDS
from shortlink.storage.connection import Store
from shortlink.storage.record import reading
from shortlink.storage.record_copy import RecordCopy
from shortlink.storage.record_reader import ask_each, unreadable
from shortlink.storage.scripts import Script
from shortlink.storage.sender_copies import SenderCopies
from shortlink.storage.steps import Command

Hash = dict[str, str]


_GONE = -2  # the end of a key that is not there


class TransferStore:
    """Reads copies and puts them; what is there already is never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = AccountStore(store)
        self._import = Script(store, "import_record")
        self.senders = SenderCopies(store)

    def accounts(self) -> Iterator[tuple[str, Hash | None]]:
        """Read all accounts by their SIDs, field by field; None for one that cannot be read."""
        sids = sorted(str(one) for one in self._store.smembers(keys.ACCOUNTS))
        read = self._hashes([keys.account(sid) for sid in sids])
        return ((sid, fields) for sid, fields in zip(sids, read, strict=True) if fields != {})

    def put_account(self, fields: Mapping[str, str]) -> bool:
        """Put an account; False when its SID is known here."""
        return self._accounts.add_fields(fields["sid"], fields)

    def opt_outs(self, sid: str) -> dict[str, Hash | None]:
        """Read an account's opt-outs by partition; None for those that cannot be read."""
        read = self._hashes([keys.opt_outs(partition, sid) for partition in PARTITIONS])
        return {partition: found for partition, found in zip(PARTITIONS, read, strict=True) if found != {}}

    def put_opt_outs(self, partition: str, sid: str, found: Mapping[str, str]) -> int:
        """Put opt-outs; counts those that were new.

        An account that was put before them, or was here, may not say that it has any; nobody would look for them.
        """
        with suppress(NotFound, AccountUnreadable):
            self._accounts.write(sid, opt_outs=True)
        pipe = self._store.pipeline()
        for digest, value in found.items():
            pipe.hsetnx(keys.opt_outs(partition, sid), digest, value)
        return sum(map(bool, pipe.execute()))

    def webhooks(self, sid: str) -> Hash | None:
        """Read an account's webhooks, each as it is kept; None when they cannot be read."""
        return self._hashes([keys.webhooks(sid)])[0]

    def put_webhooks(self, sid: str, found: Mapping[str, str]) -> int:
        """Put webhooks; counts those that were new. They are told what happens from now on."""
        pipe = self._store.pipeline()
        for identifier, packed in found.items():
            pipe.hsetnx(keys.webhooks(sid), identifier, packed)
        pipe.hincrby(keys.WEBHOOK_CHANGES, sid, 1)
        return sum(map(bool, pipe.execute()[:-1]))

    def copy(self, codes: Sequence[str]) -> list[RecordCopy | RecordUnreadable]:
        """Read several records; one that has ended meanwhile is left out, of one that cannot be read it says why."""
        answers = iter(ask_each(self._store, [command for code in codes for command in _asked(code)]))
        found = [(code, *(next(answers) for _ in range(5))) for code in codes]
        return [self._copied(*one) for one in found if one[1] and one[2] != _GONE]

    def put(self, copies: Sequence[RecordCopy]) -> list[str]:
        """Put several records, each whole or not at all; says of each `new`, `known` or `ended`.

        Afterwards their texts are looked at again by whoever keeps house, which may be done with their days.
        """
        put = [str(answer) for answer in self._import.call_many([_call(one) for one in copies])]
        self._store.delete(*{name for one in copies for name in _says_blanked(one)})
        self._note_carrier_ids(copies)
        return put

    def _note_carrier_ids(self, copies: Sequence[RecordCopy]) -> None:
        """Note whose the carrier's ids are where nothing else tells: another message with the same text takes none."""
        youngest = self._store.now() - CARRIER_ID_SECONDS * 1000
        pipe = self._store.pipeline(transaction=False)
        for one in copies:
            if one.carrier_id and "u" not in one.fields and one.accepted_at > youngest:
                pipe.set(keys.carrier_id(one.carrier_id), one.code, nx=True, ex=CARRIER_ID_SECONDS)
        pipe.execute()

    def _copied(self, code: str, record: Any, ends_at: int, *due: Any) -> RecordCopy | RecordUnreadable:
        if isinstance(record, Exception):
            return unreadable(self._store, code, record)
        try:
            with reading(code, record):
                message, click, report = map(_due_at, due)
            return RecordCopy(
                code=code, fields=record, ends_at=ends_at, message_due=message, click_due=click, report_due=report
            )
        except RecordUnreadable as error:
            return error

    def _hashes(self, names: Sequence[str]) -> list[Hash | None]:
        """Read several hashes in one round trip; one that is none, or holds what is no text, is None."""
        answers = ask_each(self._store, [("HGETALL", name) for name in names])
        return [None if isinstance(answer, Exception) else answer for answer in answers]


def _asked(code: str) -> list[Command]:
    """List what is asked of one record: its fields, its end, and when it and its callbacks are due."""
    partition, name = partition_of(code), keys.record(code)
    members = [code + kind.value for kind in (CallbackKind.CLICK, CallbackKind.REPORT)]
    callbacks = [("ZSCORE", keys.due_callbacks(partition), member) for member in members]
    return [("HGETALL", name), ("PEXPIRETIME", name), ("ZSCORE", keys.due_messages(partition), code), *callbacks]


def _due_at(score: float | None) -> int | None:
    return None if score is None else int(max(-END_OF_TIME, min(score, END_OF_TIME)))


def _says_blanked(one: RecordCopy) -> tuple[str, str]:
    """Name the keys that may say that there is no text left of the day of a message."""
    return keys.blanked_up_to(one.account), keys.texts_blanked(one.account, one.accepted_at // DAY_MS)


def _call(one: RecordCopy) -> tuple[list[str], list[Any]]:
    partition = partition_of(one.code)
    day, of_day = divmod(one.accepted_at, DAY_MS)
    names = [
        keys.record(one.code),
        keys.due_messages(partition),
        keys.due_callbacks(partition),
        keys.day_list(partition, one.account, day),
    ]
    due = ["" if at is None else at for at in (one.message_due, one.click_due, one.report_due)]
    packed = [part for pair in one.fields.items() for part in pair]
    return names, [one.ends_at, one.code, *due, f"{of_day:07x}{one.code}", one.ends_at + DAY_MS, *packed]
