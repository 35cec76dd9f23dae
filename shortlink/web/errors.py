"""One table from what can go wrong to what the API answers: never a page of HTML, never a trace."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from shortlink.dialects.link_answers import RETRY_SECONDS
from shortlink.domain.errors import (
    AccountUnreadable,
    ArchiveUnavailable,
    IdempotencyMismatch,
    NotFound,
    RecordUnreadable,
    StoreUnavailable,
    TooManyDownloads,
    WebhookUnreadable,
)
from shortlink.web.answers import detail, empty, problem
from shortlink.web.context import request_id

log = logging.getLogger(__name__)

DOWNLOAD_SECONDS = 10  # after which a log file may be asked for again where too many were on their way
_UNANSWERED = "The store does not answer"
_UNKNOWN = f"{_UNANSWERED}; whether this was done is not known"
_LATER = f"Try again in {RETRY_SECONDS} seconds."
_SENDS = frozenset({"xoxzo.send", "xoxzo.send_batch"})  # the views that read an Idempotency-Key
_MAKES_ANOTHER = "webhooks.create"  # nothing tells a second try from a second webhook
_AT_THE_ROOT = "There is nothing at this very address; the documentation is at /docs/, the dashboard at /dashboard/."
_TWO_SLASHES = "There is nothing at this address: between two slashes in a row something is missing, such as an id."
_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take this method; see the Allow header.",
}


def register_api_errors(app: Flask) -> None:
    """Make an app answer every error as the API does."""
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(RecordUnreadable, _unreadable)
    app.register_error_handler(AccountUnreadable, account_unreadable)
    app.register_error_handler(WebhookUnreadable, _webhook_unreadable)
    app.register_error_handler(TooManyDownloads, _too_many_downloads)
    app.register_error_handler(IdempotencyMismatch, mismatch)
    app.register_error_handler(StoreUnavailable, _store_unavailable)
    app.register_error_handler(ArchiveUnavailable, _archive_unavailable)
    app.register_error_handler(Exception, _unexpected)


def http_error(error: HTTPException) -> Response:
    """Answer for a request that cannot be answered otherwise."""
    if isinstance(error.response, Response):  # made by `abort(answer)`: it is the answer
        return error.response
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and request.max_content_length:
        return problem(status, f"A body may have {request.max_content_length - 1} bytes at most here.", headers)
    if status == HTTPStatus.NOT_FOUND and request.path == "/":
        return problem(status, _AT_THE_ROOT, headers)
    if status == HTTPStatus.NOT_FOUND and "//" in request.path:
        return problem(status, _TWO_SLASHES, headers)
    return problem(status, _DETAILS.get(status, error.description or error.name), headers)


def _not_found(_: NotFound) -> Response:
    """Answer nothing at all: the published PHP client takes any JSON here for a message."""
    return empty(404)


def _unreadable(error: RecordUnreadable) -> Response:
    """Answer that this one message is damaged; where it was met, the log has said so."""
    told = "whoever runs this service is told, and all other messages are well"
    return problem(500, f"The record of this message cannot be read: {error.reason}; {told}.")


def account_unreadable(error: AccountUnreadable) -> Response:
    """Answer that this one account is damaged; where it was met, the log has said so."""
    told = "nothing was done. Whoever runs this service is told: ask them, and try again once it is mended"
    return problem(500, f"The account {error.sid} cannot be read: {error.reason}; {told}.")


def _webhook_unreadable(error: WebhookUnreadable) -> Response:
    """Answer that this one webhook is damaged; where it was met, the log has said so."""
    told = "whoever runs this service is told, and all other webhooks are well. It can be deleted"
    return problem(500, f"The webhook cannot be read: {error.reason}; {told}.")


def _too_many_downloads(error: TooManyDownloads) -> Response:
    return detail(429, f"Request was throttled. {str(error).capitalize()}.", {"Retry-After": str(DOWNLOAD_SECONDS)})


def mismatch(_: IdempotencyMismatch) -> Response:
    """Answer that the key belongs to another request."""
    return problem(422, "This Idempotency-Key was used with another request.")


def _store_unavailable(error: StoreUnavailable) -> Response:
    note_store_unavailable(error)
    if request.endpoint in _SENDS:
        return send_unknown()
    if request.endpoint == _MAKES_ANOTHER:
        return _away(f"{_UNKNOWN}. List your webhooks before you try again: each try may make another one.")
    return _away(f"{_UNANSWERED if request.method in ('GET', 'HEAD') else _UNKNOWN}. {_LATER}")


def send_unknown() -> Response:
    """Answer that nothing is known of a send, and that it is worth trying again.

    The store may have carried out what was asked and been lost before it said so; no answer may promise more.
    """
    return _away(f"{_UNKNOWN}. An Idempotency-Key makes it safe to try again.")


def _away(text: str) -> Response:
    return problem(503, text, {"Retry-After": str(RETRY_SECONDS)})


def _archive_unavailable(error: ArchiveUnavailable) -> Response:
    log.warning("archive unavailable request_id=%s view=%s reason=%s", request_id(), request.endpoint, error)
    return problem(503, f"The archive of events cannot be asked: {error}.", {"Retry-After": str(RETRY_SECONDS)})


def _unexpected(error: Exception) -> Response:
    note_unexpected(error)
    return our_fault(request_id())


def our_fault(identifier: str) -> Response:
    """Answer that the fault is here, and under which request id it can be found."""
    return problem(500, f"Something went wrong here; it is logged under the request id {identifier}.")


def note_store_unavailable(error: StoreUnavailable) -> None:
    """Log that the store could not serve a request."""
    log.warning("store unavailable request_id=%s view=%s reason=%s", request_id(), request.endpoint, error)


def note_unexpected(error: Exception) -> None:
    """Log a fault of ours with its trace; the address is left out, since it can name a message or a code."""
    log.error("request failed request_id=%s view=%s", request_id(), request.endpoint, exc_info=error)
