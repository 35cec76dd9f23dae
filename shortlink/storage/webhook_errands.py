"""What is asked of the process that tells webhooks of events."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum

from redis.exceptions import ResponseError

from shortlink.domain.webhook import MOST_ASKED, Webhook
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.event_bytes import ask_as_bytes
from shortlink.storage.unreadable_webhooks import UnreadableWebhooks
from shortlink.storage.webhook_fields import read_count, read_text


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


class WebhookErrands:
    """What is asked for and not done yet; `unreadable` is told of what this version cannot read."""

    def __init__(self, store: Store, unreadable: UnreadableWebhooks) -> None:
        self._store = store
        self._unreadable = unreadable

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
        self._store.rpush(keys.WEBHOOK_ERRANDS, _pack(asked))
        return asked

    def asked(self) -> list[Asked]:
        """List what is asked for, oldest first; what this version cannot read is noted and left."""
        found = [_asked(packed) for packed in self._packed()]
        if odd := found.count(None):
            self._unreadable.note_errands(odd)
        return [one for one in found if one is not None]

    def done(self, asked: Asked, *, rest: Asked | None = None) -> None:
        """Strike out what was asked for, and ask for what is left of it, if any, in one step."""
        pipe = self._store.pipeline()
        pipe.lrem(keys.WEBHOOK_ERRANDS, 1, _pack(asked))
        if rest is not None:
            pipe.rpush(keys.WEBHOOK_ERRANDS, _pack(rest))
        pipe.execute()

    def damaged(self) -> list[str]:
        """Say how many cannot be read, if any."""
        odd = sum(_asked(packed) is None for packed in self._packed())
        return [f"{odd} of {keys.WEBHOOK_ERRANDS} cannot be read, or only a later version knows it"] if odd else []

    def _packed(self) -> list[bytes]:
        try:
            found: list[bytes] = ask_as_bytes(self._store, ("LRANGE", keys.WEBHOOK_ERRANDS, 0, -1))
        except ResponseError:  # it is no list
            return [b""]
        return found


def _pack(asked: Asked) -> str:
    return json.dumps(asdict(asked))


def _asked(packed: bytes) -> Asked | None:
    """Read what is asked for; None for what this version did not write, which stays for who knows it."""
    try:
        values = json.loads(packed)
        asked = Asked(**{**values, "errand": Errand(values["errand"])})
        names, times = (asked.id, asked.account, asked.webhook), (asked.since, asked.until, asked.after)
        readable = [*map(read_text, names), *map(read_count, times)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return asked if readable and _pack(asked).encode() == packed else None  # or it could not be struck out
