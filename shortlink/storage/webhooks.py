"""The webhooks of all accounts, and what is asked of the process that tells them of events."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from shortlink.domain.errors import NotFound
from shortlink.domain.event import EventType
from shortlink.domain.webhook import MOST_ASKED, MOST_WEBHOOKS, Batch, PauseReason, Webhook
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script

_TRIES = 20
_FIELDS = frozenset(each.name for each in fields(Webhook))
_TYPES = frozenset(type_.value for type_ in EventType)


class TooManyWebhooks(Exception):
    """The account has as many webhooks as it may."""


class TooManyErrands(Exception):
    """As much waits to be done for the account as may."""


class Errand(StrEnum):
    """What the process that tells of events can be asked for."""

    TEST = "test"
    REPLAY = "replay"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing asked for; `since` and `until` bound a replay, in UTC milliseconds, `after` is how far it has come."""

    id: str
    errand: Errand
    account: str
    webhook: str
    since: int = 0
    until: int = 0
    after: int = 0


class WebhookStore:
    """Webhooks by account and id. Few, read whole, changed rarely."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._put = Script(store, "put_webhook")

    def add(self, webhook: Webhook) -> None:
        """Keep a new webhook. Raises TooManyWebhooks."""
        if self._write(webhook.account, webhook.id, "", _pack(webhook)) == "full":
            raise TooManyWebhooks

    def list_of(self, sid: str) -> list[Webhook]:
        """List an account's webhooks, oldest first."""
        found = [_unpack(packed) for packed in self._store.read_hash(keys.webhooks(sid)).values()]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def get(self, sid: str, identifier: str) -> Webhook:
        """Read one webhook of an account. Raises NotFound."""
        return _unpack(self._read(sid, identifier))

    def change(self, sid: str, identifier: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """Change a webhook as it stands and return what it became; nobody's change is lost. Raises NotFound."""
        for _ in range(_TRIES):
            before = self._read(sid, identifier)
            after = change(_unpack(before))
            if _pack(after) == before or self._write(sid, identifier, before, _pack(after)) == "ok":
                return after
        raise RuntimeError("a webhook was changed by others all the time")

    def remove(self, sid: str, identifier: str) -> None:
        """Remove a webhook; what it was still owed goes with it. Raises NotFound."""
        while self._write(sid, identifier, self._read(sid, identifier), "") != "ok":
            pass

    def now(self) -> int:
        """Read the store's clock, which also dates events, in UTC milliseconds."""
        return self._store.now()

    def versions(self) -> dict[str, int]:
        """Say how often the webhooks of each account have changed, of those that ever had one."""
        return {sid: int(count) for sid, count in self._store.read_hash(keys.WEBHOOK_CHANGES).items()}

    def ask(self, errand: Errand, webhook: Webhook, *, since: int = 0, until: int = 0) -> Asked:
        """Ask for something; it stays asked for until it is done.

        A resumption that waits twice is not asked for again: the first may be under way, the second is not.
        Raises TooManyErrands, but never for a resumption. Who asks on many connections at once may get a few more.
        """
        waiting = [one for one in self.asked() if one.account == webhook.account]
        if errand is Errand.RESUME:
            same = [one for one in waiting if (one.errand, one.webhook) == (errand, webhook.id)]
            if len(same) > 1:
                return same[1]
        elif sum(one.errand is not Errand.RESUME for one in waiting) >= MOST_ASKED:
            raise TooManyErrands
        asked = Asked(
            id=secrets.token_hex(8),
            errand=errand,
            account=webhook.account,
            webhook=webhook.id,
            since=since,
            until=until,
        )
        self._store.rpush(keys.WEBHOOK_ERRANDS, json.dumps(asdict(asked)))
        return asked

    def asked(self) -> list[Asked]:
        """List what is asked for, oldest first."""
        found: list[Any] = self._store.lrange(keys.WEBHOOK_ERRANDS, 0, -1)
        return [_asked(packed) for packed in found]

    def done(self, asked: Asked, *, rest: Asked | None = None) -> None:
        """Strike out what was asked for, and ask for what is left of it, if any, in one step."""
        pipe = self._store.pipeline()
        pipe.lrem(keys.WEBHOOK_ERRANDS, 1, json.dumps(asdict(asked)))
        if rest is not None:
            pipe.rpush(keys.WEBHOOK_ERRANDS, json.dumps(asdict(rest)))
        pipe.execute()

    def _read(self, sid: str, identifier: str) -> str:
        packed = self._store.hget(keys.webhooks(sid), identifier)
        if packed is None:
            raise NotFound("no such webhook")
        return str(packed)

    def _write(self, sid: str, identifier: str, before: str, after: str) -> str:
        names = [keys.webhooks(sid), keys.WEBHOOK_CHANGES]
        return str(self._put(names, [sid, identifier, before, after, MOST_WEBHOOKS]))


def _pack(webhook: Webhook) -> str:
    values = asdict(webhook)
    later = {"events": [*values["events"], *values.pop("later_events")]} | values.pop("later_fields")
    return json.dumps(values | later, ensure_ascii=False, separators=(",", ":"))


def _unpack(packed: str) -> Webhook:
    values: dict[str, Any] = json.loads(packed)
    values["later_fields"] = {name: values.pop(name) for name in values.keys() - _FIELDS}
    values["later_events"] = tuple(word for word in values["events"] if word not in _TYPES)
    values["events"] = tuple(EventType(word) for word in values["events"] if word in _TYPES)
    values["batch"] = Batch(**values["batch"]) if values["batch"] else None
    values["paused"] = PauseReason(values["paused"]) if values["paused"] else None
    rotated = values.get("secret_rotated_at") or []  # a single time or null, as it was written at first
    values["secret_rotated_at"] = tuple(rotated) if isinstance(rotated, list) else (rotated,)
    return Webhook(**values)


def _asked(packed: str) -> Asked:
    values = json.loads(packed)
    return Asked(**{**values, "errand": Errand(values["errand"])})
