"""What a page looks like when something is wrong."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, abort, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from shortlink.dialects.link_answers import RETRY_SECONDS
from shortlink.domain.errors import (
    AccountUnreadable,
    ArchiveUnavailable,
    NotFound,
    RecordUnreadable,
    StoreUnavailable,
    TooManyDownloads,
    WebhookUnreadable,
)
from shortlink.web.context import request_id
from shortlink.web.dashboard.door import dashboard
from shortlink.web.dashboard.problem_words import (
    account_damage_words,
    damage_words,
    problem_words,
    webhook_damage_words,
)
from shortlink.web.errors import DOWNLOAD_SECONDS, note_store_unavailable, note_unexpected


@dashboard.route("/<path:_>", methods=["GET", "POST"])
def find_nothing(_: str) -> BaseResponse:
    """Answer for every address below the dashboard that is no page."""
    abort(404)


@dashboard.errorhandler(NotFound)
def say_not_found(_: NotFound) -> Response:
    """Answer for what is not there or belongs to another account."""
    return problem_page(404)


@dashboard.errorhandler(RecordUnreadable)
def say_damaged(error: RecordUnreadable) -> Response:
    """Answer that this one message is damaged, and what can be done; where it was met, the log has said so."""
    return problem_page(500, advice=damage_words(error.code, error.reason))


@dashboard.errorhandler(AccountUnreadable)
def say_account_damaged(error: AccountUnreadable) -> Response:
    """Answer that this one account is damaged; where it was met, the log has said so."""
    return problem_page(500, advice=account_damage_words(error.sid, error.reason))


@dashboard.errorhandler(WebhookUnreadable)
def say_webhook_damaged(error: WebhookUnreadable) -> Response:
    """Answer that this one webhook is damaged; where it was met, the log has said so."""
    return problem_page(500, advice=webhook_damage_words(error.identifier, error.reason))


@dashboard.errorhandler(TooManyDownloads)
def say_too_many(error: TooManyDownloads) -> Response:
    """Answer while as many files are on their way as may be."""
    return problem_page(429, retry_seconds=DOWNLOAD_SECONDS, advice=f"{str(error).capitalize()}.")


@dashboard.errorhandler(ArchiveUnavailable)
def say_no_archive(error: ArchiveUnavailable) -> Response:
    """Answer where the archive is needed, and say what is to be done about it."""
    return Response(render_template("dashboard/no_archive.html", reason=str(error)), 503)


@dashboard.errorhandler(StoreUnavailable)
def say_try_again(error: StoreUnavailable) -> Response:
    """Answer while the store is away."""
    note_store_unavailable(error)
    return problem_page(503, retry_seconds=RETRY_SECONDS)


@dashboard.errorhandler(HTTPException)
def say_what_is_wrong(error: HTTPException) -> Response:
    """Answer for a request that cannot be answered."""
    if isinstance(error.response, Response):
        return error.response
    return problem_page(error.code or 500)


@dashboard.errorhandler(Exception)
def say_sorry(error: Exception) -> Response:
    """Answer for a fault of ours."""
    note_unexpected(error)
    return problem_page(500)


def problem_page(status: int, *, retry_seconds: int | None = None, advice: str = "") -> Response:
    """Write a small page that says what is wrong and what to do, with `advice` if it is known better."""
    title, usual = problem_words(status)
    shown = render_template(
        "dashboard/problem.html",
        status=status,
        said=(title, advice or usual),
        phrase=HTTPStatus(status).phrase,
        request_id=request_id(),
    )
    headers = {} if retry_seconds is None else {"Retry-After": str(retry_seconds)}
    return Response(shown, status, headers=headers)
