"""What can go wrong, in the service's own words; none of these knows HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum


class ShortlinkError(Exception):
    """The root of every error this service raises on purpose."""


class InvalidFields(ShortlinkError):
    """A request whose fields are wrong: every fault at once, so that one look is enough to mend it.

    `fields` maps a field's public name to its texts. Fields that the caller sent under another name are
    renamed at the door, never here.
    """

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()))
        self.fields = {name: list(texts) for name, texts in fields.items()}


class ForbiddenFields(InvalidFields):
    """A request that is well formed, but asks for what this installation does not do."""


class NotFound(ShortlinkError):
    """There is no such thing, or it belongs to another account: the two are never told apart."""


class RecordUnreadable(ShortlinkError):
    """A message's record holds what it never may; the text says what is wrong, never what stands there.

    `account` is whose message it is, "" where that cannot be read either.
    """

    def __init__(self, code: str, reason: str, *, account: str = "") -> None:
        super().__init__(f"the record of {code} cannot be read: {reason}")
        self.code = code
        self.reason = reason
        self.account = account


class AccountUnreadable(ShortlinkError):
    """What is kept of an account holds what it never may; the text says what is wrong, never what stands there."""

    mend = "see docs/operations.md#an-account-that-cannot-be-read"

    def __init__(self, sid: str, reason: str) -> None:
        super().__init__(f"the account {sid} cannot be read: {reason}")
        self.sid = sid
        self.reason = reason


class WebhookUnreadable(ShortlinkError):
    """What is kept of a webhook holds what it never may; the text says what is wrong, never what stands there.

    `identifier` is "" where it is all of an account's webhooks.
    """

    mend = "see docs/operations.md#a-webhook-that-cannot-be-read"

    def __init__(self, sid: str, identifier: str, reason: str) -> None:
        what = f"the webhook {identifier} of account {sid}" if identifier else f"what is kept of the webhooks of {sid}"
        super().__init__(f"{what} cannot be read: {reason}")
        self.sid = sid
        self.identifier = identifier
        self.reason = reason


class TooManyDownloads(ShortlinkError):
    """As many files are on their way as may be; the text says what to do."""


class IdempotencyMismatch(ShortlinkError):
    """An idempotency key that was used before comes with another request."""


class StoreTrouble(Enum):
    """What keeps the store from being used, in words for whoever has to mend it."""

    AWAY = "it cannot be reached"
    SILENT = "it does not answer in time"
    LOCKED = "it refuses our user or password"
    LOADING = "it is still loading its data"
    FULL = "its memory is full"
    READ_ONLY = "it is read-only, as replicas are"
    DISK = "it cannot write to its disk"
    BUSY = "a script keeps it busy"
    ALONE = "it has fewer replicas than it wants"
    CHANGING = "it changes its role, or has lost the server it follows"


class StoreUnavailable(ShortlinkError):
    """The store cannot be reached, cannot be written or is full: nothing was stored, try again later.

    `trouble` says what is the matter, where the store told.
    """

    def __init__(self, reason: str, *, trouble: StoreTrouble | None = None) -> None:
        super().__init__(reason)
        self.trouble = trouble


class SettingsError(ShortlinkError):
    """A setting is unknown or malformed; the text names it and says what would be right."""


class CarrierError(ShortlinkError):
    """The carrier did not take a message; the children say what that means for it."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class CarrierRefused(CarrierError):
    """The carrier refused this message for good: sending it again cannot help."""


class RecipientOptedOut(CarrierRefused):
    """The carrier refused this message because its recipient wants none: the next would be refused too."""


class CarrierBusy(CarrierError):
    """The carrier surely did not process the request (429, refused connection): sending again is safe.

    `retry_after` is the carrier's own wish in seconds, if it gave one.
    """

    def __init__(self, reason: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class CarrierRejectsUs(CarrierError):
    """The carrier refuses our account (401, 403): no message is at fault and none may be failed for it."""


class OutcomeUnknown(CarrierError):
    """The request may or may not have been processed (timeout, 5xx, reset): look before sending again."""


class ArchiveUnavailable(ShortlinkError):
    """There is no archive of events here, or it cannot be used now; the text says which."""


class DayFileDamaged(ArchiveUnavailable):
    """One file of a past day cannot be read; the others may well be."""


class Overtaken(ShortlinkError):
    """Somebody else has read a stream as far: two recorders write to one archive."""
