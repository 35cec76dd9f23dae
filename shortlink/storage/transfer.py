"""Copies of what the store holds, as it holds it, to carry from one installation to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCopy:
    """One message's record, field by field; when it ends; and when it and its callbacks are due, if they are."""

    code: str
    fields: Mapping[str, str]
    ends_at: int
    message_due: int | None
    click_due: int | None
    report_due: int | None

    @property
    def account(self) -> str:
        """Whose message it is."""
        return self.fields["a"]

    @property
    def owes(self) -> bool:
        """Whether anything is still to be done about it."""
        return not (self.message_due is None and self.click_due is None and self.report_due is None)


class TransferStore:
    """Reads copies and puts them; what is there already is never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = AccountStore(store)
        self._import = Script(store, "import_record")

    def accounts(self) -> list[dict[str, str]]:
        """Read all accounts, field by field."""
        pipe = self._store.pipeline(transaction=False)
        for sid in sorted(str(one) for one in self._store.smembers(keys.ACCOUNTS)):
            pipe.hgetall(keys.account(sid))
        return [fields for fields in pipe.execute() if fields]

    def put_account(self, fields: Mapping[str, str]) -> bool:
        """Put an account; False when its SID is known here."""
        return self._accounts.add_fields(fields["sid"], fields)

    def opt_outs(self, sid: str) -> dict[str, dict[str, str]]:
        """Read an account's opt-outs by partition."""
        pipe = self._store.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.hgetall(keys.opt_outs(partition, sid))
        return {partition: found for partition, found in zip(PARTITIONS, pipe.execute(), strict=True) if found}

    def put_opt_outs(self, partition: str, sid: str, found: Mapping[str, str]) -> int:
        """Put opt-outs; counts those that were new."""
        pipe = self._store.pipeline()
        for digest, value in found.items():
            pipe.hsetnx(keys.opt_outs(partition, sid), digest, value)
        return sum(map(bool, pipe.execute()))

    def webhooks(self, sid: str) -> dict[str, str]:
        """Read an account's webhooks, each as it is kept."""
        return self._store.read_hash(keys.webhooks(sid))

    def put_webhooks(self, sid: str, found: Mapping[str, str]) -> int:
        """Put webhooks; counts those that were new. They are told what happens from now on."""
        pipe = self._store.pipeline()
        for identifier, packed in found.items():
            pipe.hsetnx(keys.webhooks(sid), identifier, packed)
        pipe.hincrby(keys.WEBHOOK_CHANGES, sid, 1)
        return sum(map(bool, pipe.execute()[:-1]))

    def copy(self, codes: Sequence[str]) -> list[RecordCopy]:
        """Read several records; one that has ended meanwhile is left out."""
        pipe = self._store.pipeline(transaction=False)
        for code in codes:
            partition = partition_of(code)
            pipe.hgetall(keys.record(code))
            pipe.pexpiretime(keys.record(code))
            pipe.zscore(keys.due_messages(partition), code)
            for kind in (CallbackKind.CLICK, CallbackKind.REPORT):
                pipe.zscore(keys.due_callbacks(partition), code + kind.value)
        answers = iter(pipe.execute())
        found = [(code, *(next(answers) for _ in range(5))) for code in codes]
        return [_copy(*one) for one in found if one[1] and one[2] > 0]

    def put(self, copies: Sequence[RecordCopy]) -> list[str]:
        """Put several records, each whole or not at all; says of each `new`, `known` or `ended`."""
        return [str(answer) for answer in self._import.call_many([_call(one) for one in copies])]


def _copy(code: str, fields: dict[str, str], ends_at: int, *due: float | None) -> RecordCopy:
    message, click, report = (None if score is None else int(score) for score in due)
    return RecordCopy(
        code=code, fields=fields, ends_at=ends_at, message_due=message, click_due=click, report_due=report
    )


def _call(one: RecordCopy) -> tuple[list[str], list[Any]]:
    partition, accepted_at = partition_of(one.code), int(one.fields["A"])
    day, of_day = divmod(accepted_at, DAY_MS)
    names = [
        keys.record(one.code),
        keys.due_messages(partition),
        keys.due_callbacks(partition),
        keys.day_list(partition, one.account, day),
    ]
    due = ["" if at is None else at for at in (one.message_due, one.click_due, one.report_due)]
    packed = [part for pair in one.fields.items() for part in pair]
    return names, [one.ends_at, one.code, *due, f"{of_day:07x}{one.code}", one.ends_at + DAY_MS, *packed]
