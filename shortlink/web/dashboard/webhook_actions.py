"""What is done to a webhook from its page: a test, a pause, a new secret, a replay, its end."""

from __future__ import annotations

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.account import TooManyRotations
from shortlink.domain.errors import InvalidFields
from shortlink.use_cases.manage_webhooks import TooMuchAsked, WebhookDesk, WebhookPaused
from shortlink.web.context import account
from shortlink.web.dashboard.door import dashboard, renew_session
from shortlink.web.dashboard.pace import CALL, REPLACE, slow_down
from shortlink.web.dashboard.period import faults_of_dates, read_dates
from shortlink.web.dashboard.presentation import reader_zone
from shortlink.web.dashboard.webhook_pages import back_to_webhook, webhook_desk, webhook_page

_PAUSED = "It is paused: resume it first."


@dashboard.post("/webhooks/<webhook_id>/<action>")
def act_on_webhook(webhook_id: str, action: str) -> str | BaseResponse:
    """Test, pause, resume or delete a webhook, give it a new secret, or tell it a time range again."""
    desk, sid = webhook_desk(), account().sid
    if action == "rotate":
        return _rotate(desk, sid, webhook_id)
    if action == "remove":
        desk.remove(sid, webhook_id)
        return redirect(url_for("dashboard.show_webhooks"), 303)
    if action == "replay":
        return _replay(desk, sid, webhook_id)
    actions = {"test": desk.test, "pause": desk.pause, "resume": desk.resume}
    if action not in actions:
        abort(404)
    if action == "test":
        slow_down(CALL)
    try:
        actions[action](sid, webhook_id)
    except WebhookPaused:
        return _refused(webhook_id, _PAUSED)
    except TooMuchAsked as error:
        return _refused(webhook_id, f"Nothing was asked for: {error}.")
    return back_to_webhook(webhook_id, done=action)


def _rotate(desk: WebhookDesk, sid: str, webhook_id: str) -> str | BaseResponse:
    slow_down(REPLACE)
    try:
        rotated = desk.rotate_secret(sid, webhook_id)
    except TooManyRotations as error:
        return _refused(webhook_id, f"Nothing was changed: {error}.")
    renew_session()
    return webhook_page(rotated, secret=desk.secret(rotated))


def _replay(desk: WebhookDesk, sid: str, webhook_id: str) -> str | BaseResponse:
    slow_down(CALL)
    since, until = read_dates(request.form, reader_zone())
    try:
        if faults := faults_of_dates(request.form):
            raise InvalidFields({name: [said] for name, said in faults.items()})
        if since is None or until is None:
            raise InvalidFields({"from": ["Choose the first and the last day."]})
        desk.replay(sid, webhook_id, since=since, until=until)
    except InvalidFields as error:
        return Response(webhook_page(desk.get(sid, webhook_id), faults=error.fields), 400)
    except WebhookPaused:
        return _refused(webhook_id, _PAUSED)
    except TooMuchAsked as error:
        return _refused(webhook_id, f"Nothing was asked for: {error}.")
    return back_to_webhook(webhook_id, done="replay")


def _refused(webhook_id: str, why: str) -> Response:
    webhook = webhook_desk().get(account().sid, webhook_id)
    return Response(webhook_page(webhook, faults={"state": [why]}), 409)
