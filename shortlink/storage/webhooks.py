"""The webhooks of all accounts, and what is asked of the process that tells them of events."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from shortlink.domain.errors import NotFound, WebhookUnreadable
from shortlink.domain.webhook import MOST_ASKED, MOST_WEBHOOKS, Webhook
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record_reader import NO_HASH, ask_each
from shortlink.storage.scripts import Script
from shortlink.storage.unreadable_webhooks import UnreadableWebhooks
from shortlink.storage.webhook_fields import pack_webhook, read_count, read_text, unpack_webhook

_TRIES = 20


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
        self.unreadable = UnreadableWebhooks()

    def add(self, webhook: Webhook) -> None:
        """Keep a new webhook. Raises TooManyWebhooks."""
        if self._write(webhook.account, webhook.id, "", pack_webhook(webhook)) == "full":
            raise TooManyWebhooks

    def list_of(self, sid: str) -> list[Webhook]:
        """List an account's webhooks, oldest first; those that cannot be read are noted and left out."""
        found = [one for one in self.look_at(sid) if isinstance(one, Webhook)]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def look_at(self, sid: str) -> list[Webhook | WebhookUnreadable]:
        """Read an account's webhooks, each as well as it can be read; what cannot be is noted."""
        found = list(self._read_each(sid))
        for one in found:
            if isinstance(one, WebhookUnreadable):
                self.unreadable.note(one)
        return found

    def damaged(self) -> list[str]:
        """Say what is wrong with each webhook, and each thing asked for, that cannot be read."""
        every = [one for sid in sorted(self.versions()) for one in self._read_each(sid)]
        odd = sum(_asked(packed) is None for packed in self._errands())
        words = [str(one) for one in every if isinstance(one, WebhookUnreadable)]
        return words + (
            [f"{odd} of {keys.WEBHOOK_ERRANDS} cannot be read, or only a later version knows it"] if odd else []
        )

    def get(self, sid: str, identifier: str) -> Webhook:
        """Read one webhook of an account. Raises NotFound, and WebhookUnreadable, which is noted."""
        return self._unpack(sid, identifier, self._read(sid, identifier))

    def change(self, sid: str, identifier: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """Change a webhook as it stands and return what it became; nobody's change is lost.

        Raises NotFound, and WebhookUnreadable, which is noted.
        """
        for _ in range(_TRIES):
            before = self._read(sid, identifier)
            after = change(self._unpack(sid, identifier, before))
            if pack_webhook(after) == before or self._write(sid, identifier, before, pack_webhook(after)) == "ok":
                return after
        raise RuntimeError("a webhook was changed by others all the time")

    def remove(self, sid: str, identifier: str) -> None:
        """Remove a webhook, readable or not; what it was still owed goes with it. Raises NotFound."""
        while self._write(sid, identifier, self._read(sid, identifier), "") != "ok":
            pass

    def now(self) -> int:
        """Read the store's clock, which also dates events, in UTC milliseconds."""
        return self._store.now()

    def versions(self) -> dict[str, str]:
        """Say how often the webhooks of each account have changed, of those that ever had one."""
        return self._store.read_hash(keys.WEBHOOK_CHANGES)

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
        """List what is asked for, oldest first; what this version cannot read is noted and left."""
        found = [_asked(packed) for packed in self._errands()]
        if odd := found.count(None):
            self.unreadable.note_errands(odd)
        return [one for one in found if one is not None]

    def done(self, asked: Asked, *, rest: Asked | None = None) -> None:
        """Strike out what was asked for, and ask for what is left of it, if any, in one step."""
        pipe = self._store.pipeline()
        pipe.lrem(keys.WEBHOOK_ERRANDS, 1, json.dumps(asdict(asked)))
        if rest is not None:
            pipe.rpush(keys.WEBHOOK_ERRANDS, json.dumps(asdict(rest)))
        pipe.execute()

    def _read(self, sid: str, identifier: str) -> str:
        (packed,) = ask_each(self._store, [("HGET", keys.webhooks(sid), identifier)])
        if packed is None:
            raise NotFound("no such webhook")
        if isinstance(packed, Exception):
            raise self.unreadable.note(_damage(sid, identifier, packed))
        return str(packed)

    def _unpack(self, sid: str, identifier: str, packed: str) -> Webhook:
        try:
            return unpack_webhook(sid, identifier, packed)
        except WebhookUnreadable as error:
            raise self.unreadable.note(error) from None

    def _read_each(self, sid: str) -> Iterator[Webhook | WebhookUnreadable]:
        name = keys.webhooks(sid)
        (ids,) = ask_each(self._store, [("HKEYS", name)])
        if isinstance(ids, Exception):
            yield _damage(sid, "", ids)
            return
        for identifier, packed in zip(ids, ask_each(self._store, [("HGET", name, one) for one in ids]), strict=True):
            try:
                if isinstance(packed, Exception):
                    raise _damage(sid, identifier, packed)
                if packed is not None:
                    yield unpack_webhook(sid, identifier, packed)
            except WebhookUnreadable as error:
                yield error

    def _errands(self) -> list[str]:
        (found,) = ask_each(self._store, [("LRANGE", keys.WEBHOOK_ERRANDS, 0, -1)])
        return [""] if isinstance(found, Exception) else found

    def _write(self, sid: str, identifier: str, before: str, after: str) -> str:
        names = [keys.webhooks(sid), keys.WEBHOOK_CHANGES]
        return str(self._put(names, [sid, identifier, before, after, MOST_WEBHOOKS]))


def _damage(sid: str, identifier: str, error: Exception) -> WebhookUnreadable:
    if isinstance(error, UnicodeDecodeError):
        return WebhookUnreadable(sid, identifier, "it is no text")
    return WebhookUnreadable(sid, identifier, NO_HASH)


def _asked(packed: str) -> Asked | None:
    """Read what is asked for; None for what this version did not write, which stays for who knows it."""
    try:
        values = json.loads(packed)
        asked = Asked(**{**values, "errand": Errand(values["errand"])})
        names, times = (asked.id, asked.account, asked.webhook), (asked.since, asked.until, asked.after)
        readable = [*map(read_text, names), *map(read_count, times)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return asked if readable and json.dumps(asdict(asked)) == packed else None  # or it could not be struck out
