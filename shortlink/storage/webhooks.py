"""The webhooks of all accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shortlink.domain.errors import NotFound, WebhookUnreadable
from shortlink.domain.webhook import MOST_WEBHOOKS, Webhook
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record_reader import NO_HASH, ask_each
from shortlink.storage.scripts import Script
from shortlink.storage.unreadable_webhooks import UnreadableWebhooks
from shortlink.storage.webhook_errands import WebhookErrands
from shortlink.storage.webhook_fields import pack_webhook, unpack_webhook

_TRIES = 20


class TooManyWebhooks(Exception):
    """The account has as many webhooks as it may."""


class WebhookStore:
    """Webhooks by account and id. Few, read whole, changed rarely."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._put = Script(store, "put_webhook")
        self.unreadable = UnreadableWebhooks()
        self.errands = WebhookErrands(store, self.unreadable)

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
        return [str(one) for one in every if isinstance(one, WebhookUnreadable)] + self.errands.damaged()

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

    def _write(self, sid: str, identifier: str, before: str, after: str) -> str:
        names = [keys.webhooks(sid), keys.WEBHOOK_CHANGES]
        return str(self._put(names, [sid, identifier, before, after, MOST_WEBHOOKS]))


def _damage(sid: str, identifier: str, error: Exception) -> WebhookUnreadable:
    if isinstance(error, UnicodeDecodeError):
        return WebhookUnreadable(sid, identifier, "it is no text")
    return WebhookUnreadable(sid, identifier, NO_HASH)
