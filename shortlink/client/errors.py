"""What can go wrong: one class for each thing a program does something else about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlink.client.message import BatchEntry


class ClientError(Exception):
    """Everything that this client raises.

    Out of a `send_many`, `entries` says what became of the first drafts, and `idempotency_key` is the key with which
    the same drafts can be sent again: none of them goes out twice.
    """

    idempotency_key: str | None = None
    entries: tuple[BatchEntry, ...] = ()

    def note_progress(self, idempotency_key: str, entries: Sequence[BatchEntry]) -> None:
        """Note how far a `send_many` came."""
        self.idempotency_key, self.entries = idempotency_key, tuple(entries)
        self.add_note(f"{len(entries)} drafts were answered, see `entries`; {how_to_go_on(idempotency_key)}")


def how_to_go_on(idempotency_key: str) -> str:
    """Say how to go on with a `send_many` that was cut short."""
    return f"to go on, send the same drafts with idempotency_key={idempotency_key!r}"


class ConnectionFailed(ClientError):
    """No answer came: not reached, broken off, or not in time. A send may have been accepted all the same."""


class InvalidArgument(ClientError, ValueError):
    """What was given cannot be put into a request; this one was not sent."""


class InvalidSignature(ClientError):
    """What was received is not a genuine callback, or too old to be believed."""


class ApiError(ClientError):
    """The service answered with an error.

    `fields` maps each wrong field to its texts; `request_id` is what the operator finds in the log.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        fields: Mapping[str, list[str]] | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text
        self.fields = dict(fields or {})
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidRequest(ApiError):
    """400: fields are wrong, all of them in `fields`, such as a number that opted out; or it could not be read."""


class AuthenticationFailed(ApiError):
    """401: SID and token do not belong together, or the account is closed."""


class Forbidden(ApiError):
    """403: this installation does not do that, such as sending to a country."""


class NotFound(ApiError):
    """404: there is no such thing, or it belongs to another account."""


class IdempotencyMismatch(ApiError):
    """422: the idempotency key was used with another request."""


class Throttled(ApiError):
    """429: too fast, and the client's patience has ended; `retry_after` is in seconds."""


class ServerError(ApiError):
    """5xx: the service's fault. A send may have been accepted all the same."""


class ServiceUnavailable(ServerError):
    """503: the store is away, or a part is not switched on; `text` says which."""


_KINDS: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: Forbidden,
    404: NotFound,
    422: IdempotencyMismatch,
    429: Throttled,
    503: ServiceUnavailable,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds that Retry-After asks for, if it names seconds."""
        given = self.headers.get("retry-after", "")
        return float(given) if given.isascii() and given.isdigit() else None


def error_of(answer: Answer, path: str = "") -> ApiError:
    """Make the error that an answer stands for, in whichever of the API's shapes it comes; `path` was asked for."""
    text, fields = _read(answer.body)
    kind = _KINDS.get(answer.status, ServerError if answer.status >= 500 else ApiError)
    return kind(
        answer.status,
        text or (_missing(path) if answer.status == 404 else "the answer does not say why"),
        fields=fields,
        request_id=answer.headers.get("x-request-id", ""),
        retry_after=answer.retry_after,
    )


def _missing(path: str) -> str:
    """Say what is not there, by the name that was asked for."""
    match path.strip("/").split("/"):
        case ["sms", "messages", name]:
            return f"there is no message {name} at this account"
        case ["webhooks", name, *_]:
            return f"there is no webhook {name} at this account"
        case ["logfiles", name, *_]:
            return f"there is no log {name} at this account"
    return f"there is no {path} at this account" if path else "there is no such thing at this account"


def _read(body: bytes) -> tuple[str, dict[str, list[str]]]:
    """Read a problem document, `{"detail": …}` or a map of fields."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        return "", {}
    if not isinstance(content, dict):
        return "", {}
    if isinstance(content.get("detail"), str):
        return content["detail"], _fields(content.get("errors"))
    fields = _fields(content)
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()), fields


def _fields(content: Any) -> dict[str, list[str]]:
    if not isinstance(content, dict):
        return {}
    return {str(name): [str(text) for text in texts] for name, texts in content.items() if isinstance(texts, list)}
