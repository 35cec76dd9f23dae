"""What an account does with its webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shortlink.archive.events import EventLog
from shortlink.archive.webhook_log import DeliveryAttempt, WebhookHealth, WebhookLog
from shortlink.domain.account import note_rotation
from shortlink.domain.callback_url import Network
from shortlink.domain.errors import InvalidFields, ShortlinkError
from shortlink.domain.webhook import (
    MOST_ASKED,
    MOST_WEBHOOKS,
    PauseReason,
    Webhook,
    current_secret,
    new_webhook_id,
    paused,
    resumed,
)
from shortlink.domain.webhook_draft import check_webhook
from shortlink.storage.webhook_errands import Asked, Errand, TooManyErrands
from shortlink.storage.webhooks import TooManyWebhooks, WebhookStore

__all__ = ["DeliveryAttempt", "TooMuchAsked", "WebhookDesk", "WebhookHealth", "WebhookPaused"]

FULL = f"An account can have {MOST_WEBHOOKS} webhooks; delete one first."
NO_RANGE = "Must be later than from."


class WebhookPaused(ShortlinkError):
    """The webhook is paused, and what was asked for needs one that is not."""


class TooMuchAsked(ShortlinkError):
    """The account has asked for so many tests and replays that are still to be done that one more is not taken."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_ASKED} tests and replays of this account wait to be done, the most there may be; try again when "
            "some are, or resume or delete the webhook that they wait for"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDesk:
    """Makes, changes and looks at webhooks. Methods with an id raise NotFound unless it is one of the account's."""

    webhooks: WebhookStore
    events: EventLog
    log: WebhookLog
    callback_allow: Sequence[Network]
    key: bytes
    now: Callable[[], int]  # the clock that dates events

    def create(self, sid: str, given: Mapping[str, Any]) -> Webhook:
        """Make a webhook; nothing that happened before is told. Raises InvalidFields and ArchiveUnavailable."""
        values = check_webhook(given, callback_allow=self.callback_allow)
        webhook = Webhook(
            id=new_webhook_id(),
            account=sid,
            created_at=self.now(),
            archive=self.events.identity(),  # first: if another takes its place meanwhile, the place counts for nothing
            begins_after=self.events.newest_seq(),
            **values,
        )
        try:
            self.webhooks.add(webhook)
        except TooManyWebhooks:
            raise InvalidFields({"url": [FULL]}) from None
        return webhook

    def list(self, sid: str) -> list[Webhook]:
        """List an account's webhooks, oldest first."""
        return self.webhooks.list_of(sid)

    def get(self, sid: str, identifier: str) -> Webhook:
        """Read one webhook."""
        return self.webhooks.get(sid, identifier)

    def secret(self, webhook: Webhook) -> str:
        """Read the secret that signs now; shown when it is new, and to whoever may see it."""
        return current_secret(webhook, self.key)

    def change(self, sid: str, identifier: str, given: Mapping[str, Any]) -> Webhook:
        """Change the fields that are given; an event type that is added is told of from now on.

        Raises InvalidFields.
        """

        def changed(webhook: Webhook) -> Webhook:
            values = check_webhook(
                given,
                callback_allow=self.callback_allow,
                partial=True,
                format_before=webhook.body_format,
                batch_before=webhook.batch,
            )
            added = [type_ for type_ in values.get("events", ()) if type_ not in webhook.events]
            return replace(webhook, **values, added_at=webhook.added_at | dict.fromkeys(added, self.now()))

        return self.webhooks.change(sid, identifier, changed)

    def remove(self, sid: str, identifier: str) -> None:
        """Delete a webhook; what it is still owed is not told any more."""
        self.webhooks.remove(sid, identifier)

    def pause(self, sid: str, identifier: str) -> Webhook:
        """Tell a webhook nothing until it is resumed; what happens meanwhile is kept for it."""
        return self.webhooks.change(sid, identifier, lambda one: paused(one, PauseReason.ASKED, self.now()))

    def resume(self, sid: str, identifier: str) -> Webhook:
        """Go on with a paused webhook where it stopped: all that happened meanwhile is told.

        One that is not paused keeps its schedule: who asks again and again would use up its tries.
        """
        webhook = self.webhooks.get(sid, identifier)
        if webhook.paused:  # asked for first: who loses the store in between asks again
            self.webhooks.errands.ask(Errand.RESUME, webhook)
        return self.webhooks.change(sid, identifier, lambda one: resumed(one, self.now()))

    def rotate_secret(self, sid: str, identifier: str) -> Webhook:
        """Give a webhook a new secret; the old one signs as well for two days. Raises TooManyRotations."""

        def rotated(webhook: Webhook) -> Webhook:
            rotated_at = note_rotation(webhook.secret_rotated_at, self.now())
            return replace(webhook, secret_version=webhook.secret_version + 1, secret_rotated_at=rotated_at)

        return self.webhooks.change(sid, identifier, rotated)

    def test(self, sid: str, identifier: str) -> str:
        """Have a test made, once and soon, and return its event id. Raises WebhookPaused and TooMuchAsked."""
        return f"test_{self._ask(Errand.TEST, self._active(sid, identifier)).id}"

    def replay(self, sid: str, identifier: str, *, since: int, until: int) -> None:
        """Have all events of a time range told again, with the ids they had.

        Raises InvalidFields, WebhookPaused and TooMuchAsked.
        """
        if until <= since:
            raise InvalidFields({"to": [NO_RANGE]})
        self._ask(Errand.REPLAY, self._active(sid, identifier), since=since, until=until)

    def newest_attempt(self, webhook: Webhook) -> int:
        """Name the try that was kept last; 0 when there is none. Raises ArchiveUnavailable."""
        return self.log.newest(webhook.id)

    def attempts(
        self, sid: str, identifier: str, *, before: int | None = None, limit: int = 100
    ) -> Sequence[DeliveryAttempt]:
        """List the tries of a webhook, newest first. Raises ArchiveUnavailable."""
        return self.log.attempts(self.webhooks.get(sid, identifier).id, before=before, limit=limit)

    def health(self, webhook: Webhook) -> WebhookHealth:
        """Say how a webhook is doing; held back is only what is owed something. Raises ArchiveUnavailable."""
        found = self.log.health(webhook.id)
        is_held = bool(found.owed and found.held_until and found.held_until > self.now())
        return found if is_held else replace(found, held_until=None)

    def _ask(self, errand: Errand, webhook: Webhook, *, since: int = 0, until: int = 0) -> Asked:
        try:
            return self.webhooks.errands.ask(errand, webhook, since=since, until=until)
        except TooManyErrands:
            raise TooMuchAsked from None

    def _active(self, sid: str, identifier: str) -> Webhook:
        webhook = self.webhooks.get(sid, identifier)
        if webhook.paused:
            raise WebhookPaused("resume it first")
        return webhook
