"""Webhooks of an account: make, change, pause, test, replay, and what was tried."""

from __future__ import annotations

from flask import Blueprint, Response, request

from shortlink.dialects.event_object import timestamp
from shortlink.domain.account import TooManyRotations
from shortlink.domain.errors import InvalidFields
from shortlink.use_cases.manage_webhooks import TooMuchAsked, WebhookDesk, WebhookPaused
from shortlink.web.answers import empty, json_answer, problem
from shortlink.web.body import read_body, read_json_body
from shortlink.web.context import account, services
from shortlink.web.query import MOST_NUMBER, misnamed, whole_number
from shortlink.web.throttle import Limit, throttle
from shortlink.web.time_range import read_time_range
from shortlink.web.webhook_entry import attempt_entry, webhook_entry

CHANGES = Limit(rate=1.0, burst=30)  # an account's changes, tests and replays

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")
USUAL_ATTEMPTS, MOST_ATTEMPTS = 100, 500
_ATTEMPT_NAMES = ("before", "limit")


@webhooks.before_request
def limit_changes() -> None:
    """Keep a client that has run wild from asking for more than anybody can send."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        throttle("webhooks", CHANGES)


@webhooks.post("")
def create() -> Response:
    """Make a webhook; its secret is shown now and at a rotation."""
    desk = _desk()
    made = desk.create(account().sid, read_body().fields)
    return json_answer(webhook_entry(made, desk) | {"secret": desk.secret(made)}, 201)


@webhooks.get("")
def list_all() -> Response:
    """List the account's webhooks."""
    desk = _desk()
    return json_answer([webhook_entry(one, desk) for one in desk.list(account().sid)])


@webhooks.get("/<webhook_id>")
def read(webhook_id: str) -> Response:
    """Say what a webhook is told, and how it is doing."""
    desk = _desk()
    return json_answer(webhook_entry(desk.get(account().sid, webhook_id), desk))


@webhooks.patch("/<webhook_id>")
def change(webhook_id: str) -> Response:
    """Change the fields that are given."""
    # A form could not say that a tag or a batch is to go.
    desk, fields = _desk(), read_json_body("Send the fields that change as application/json.")
    return json_answer(webhook_entry(desk.change(account().sid, webhook_id, fields), desk))


@webhooks.delete("/<webhook_id>")
def remove(webhook_id: str) -> Response:
    """Delete a webhook."""
    _desk().remove(account().sid, webhook_id)
    return empty(204)


@webhooks.post("/<webhook_id>/pause")
def pause(webhook_id: str) -> Response:
    """Tell it nothing for now."""
    desk = _desk()
    return json_answer(webhook_entry(desk.pause(account().sid, webhook_id), desk))


@webhooks.post("/<webhook_id>/resume")
def resume(webhook_id: str) -> Response:
    """Go on where it stopped."""
    desk = _desk()
    return json_answer(webhook_entry(desk.resume(account().sid, webhook_id), desk))


@webhooks.post("/<webhook_id>/rotate-secret")
def rotate(webhook_id: str) -> Response:
    """Give it a new secret, which is shown now; the old one signs as well for two days."""
    desk = _desk()
    rotated = desk.rotate_secret(account().sid, webhook_id)
    return json_answer(webhook_entry(rotated, desk) | {"secret": desk.secret(rotated)})


@webhooks.post("/<webhook_id>/test")
def test(webhook_id: str) -> Response:
    """Have a test made, which is done by and by: 202 and its event id."""
    return json_answer({"id": _desk().test(account().sid, webhook_id)}, 202)


@webhooks.post("/<webhook_id>/replay")
def replay(webhook_id: str) -> Response:
    """Have the events of a time range told again: 202."""
    fields = read_body().fields
    since, until = read_time_range(fields)
    _desk().replay(account().sid, webhook_id, since=since, until=until)
    return json_answer({"from": timestamp(since), "to": timestamp(until)}, 202)


@webhooks.get("/<webhook_id>/deliveries")
def list_attempts(webhook_id: str) -> Response:
    """List the tries, newest first; `before` is the `cursor` of the last one on the page before."""
    faults = misnamed(request.args, _ATTEMPT_NAMES)
    limit = _whole("limit", 1, MOST_ATTEMPTS, faults)
    before = _whole("before", 0, MOST_NUMBER, faults)
    if faults:
        raise InvalidFields(faults)
    found = _desk().attempts(account().sid, webhook_id, before=before, limit=limit or USUAL_ATTEMPTS)
    return json_answer([attempt_entry(one) for one in found])


@webhooks.errorhandler(InvalidFields)
def say_what_is_wrong(error: InvalidFields) -> Response:
    """Answer with every fault at once."""
    return json_answer(error.fields, 400)


@webhooks.errorhandler(WebhookPaused)
def say_paused(_: WebhookPaused) -> Response:
    """Answer that a paused webhook is told nothing."""
    return problem(409, "The webhook is paused, so nothing is sent to it; resume it first.")


@webhooks.errorhandler(TooMuchAsked)
def say_too_much_waits(error: TooMuchAsked) -> Response:
    """Answer that other tests and replays have to be done first."""
    return problem(409, f"Nothing was asked for: {error}.")


@webhooks.errorhandler(TooManyRotations)
def say_too_many_secrets(error: TooManyRotations) -> Response:
    """Answer that one more secret would end one that receivers may still rely on."""
    return problem(409, f"Nothing was changed: {error}.")


def _whole(name: str, least: int, most: int, faults: dict[str, list[str]]) -> int | None:
    """Read a whole number of the query; None when it is absent."""
    given = request.args.get(name)
    if given is None:
        return None
    number = whole_number(given)
    if number is not None and least <= number <= most:
        return number
    faults[name] = [f"Must be a whole number from {least} to {most}."]
    return None


def _desk() -> WebhookDesk:
    return services().webhook_desk
