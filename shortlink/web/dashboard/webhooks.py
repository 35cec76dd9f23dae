"""Webhooks: which addresses are told of which events, and how that goes."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.account import TooManyRotations
from shortlink.domain.errors import ArchiveUnavailable, InvalidFields
from shortlink.domain.event import EventType
from shortlink.domain.webhook import TOLD_OF, Webhook
from shortlink.use_cases.manage_webhooks import WebhookDesk, WebhookHealth, WebhookPaused
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import dashboard, is_part, renew_session
from shortlink.web.dashboard.pace import CALL, REPLACE, slow_down
from shortlink.web.dashboard.period import faults_of_dates, read_dates
from shortlink.web.dashboard.presentation import reader_zone
from shortlink.web.query import whole_number

PAGE = 50
_FIELDS = ("url", "tag", "description", "format")
_DONE = {
    "test": "A test is on its way; what came of it appears in the log within seconds.",
    "replay": "The events of these days are being told again.",
    "change": "Saved.",
}
_PAUSED = "It is paused: resume it first."
_USUAL = (EventType.MESSAGE_DELIVERED, EventType.MESSAGE_FAILED, EventType.LINK_CLICKED)


@dashboard.get("/webhooks")
def show_webhooks() -> str | Response:
    """List the account's webhooks."""
    if is_part() and request.args.get("after") == _fingerprint(_all_with_health()):
        return Response(status=204)
    return _list({}, {})


@dashboard.post("/webhooks")
def add_webhook() -> str | Response:
    """Make a webhook and show its secret, this once; sent again by a reload, the form makes no second one."""
    given = _given()
    try:
        made = _desk().create(account().sid, given)
    except InvalidFields as error:
        return Response(_list(error.fields, given), 400)
    renew_session()
    return _page(made, secret=_desk().secret(made))


@dashboard.get("/webhooks/<webhook_id>")
def show_webhook(webhook_id: str) -> str | Response:
    """Show a webhook and what was tried."""
    webhook = _desk().get(account().sid, webhook_id)
    if is_part() and request.args.get("after") == _mark(webhook, _health(webhook)):
        return Response(status=204)
    return _page(webhook)


@dashboard.post("/webhooks/<webhook_id>")
def change_webhook(webhook_id: str) -> str | BaseResponse:
    """Keep a webhook's changed fields."""
    desk, given = _desk(), _given()
    try:
        emptied = {name: request.form[name].strip() for name in ("url", "description") if name in request.form}
        desk.change(account().sid, webhook_id, {**given, **emptied, "tag": given.get("tag")})
    except InvalidFields as error:
        return Response(_page(desk.get(account().sid, webhook_id), faults=error.fields, given=given), 400)
    return _back(webhook_id, done="change")


@dashboard.post("/webhooks/<webhook_id>/<action>")
def act_on_webhook(webhook_id: str, action: str) -> str | BaseResponse:
    """Test, pause, resume or delete a webhook, give it a new secret, or tell it a time range again."""
    desk, sid = _desk(), account().sid
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
    return _back(webhook_id, done=action)


def _rotate(desk: WebhookDesk, sid: str, webhook_id: str) -> str | BaseResponse:
    slow_down(REPLACE)
    try:
        rotated = desk.rotate_secret(sid, webhook_id)
    except TooManyRotations as error:
        return _refused(webhook_id, f"Nothing was changed: {error}.")
    renew_session()
    return _page(rotated, secret=desk.secret(rotated))


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
        return Response(_page(desk.get(sid, webhook_id), faults=error.fields), 400)
    except WebhookPaused:
        return _refused(webhook_id, _PAUSED)
    return _back(webhook_id, done="replay")


def _refused(webhook_id: str, why: str) -> Response:
    webhook = _desk().get(account().sid, webhook_id)
    return Response(_page(webhook, faults={"state": [why]}), 409)


def _given() -> dict[str, Any]:
    """Read the form; a field that was left empty is not given."""
    given: dict[str, Any] = {name: value for name in _FIELDS if (value := request.form.get(name, "").strip())}
    return given | {"events": request.form.getlist("events")}


def _list(faults: dict[str, list[str]], given: dict[str, Any]) -> str:
    webhooks = _all_with_health()
    return render_template(
        "dashboard/webhooks.html",
        webhooks=webhooks,
        mark=_fingerprint(webhooks),
        faults=faults,
        given=given or {"events": [type_.value for type_ in _USUAL]},
        types=TOLD_OF,
    )


def _page(
    webhook: Webhook,
    *,
    secret: str = "",
    faults: dict[str, list[str]] | None = None,
    given: dict[str, Any] | None = None,
) -> str:
    before = request.args.get("before", "")
    health = _health(webhook)
    attempts = _desk().attempts(webhook.account, webhook.id, before=whole_number(before), limit=PAGE + 1)
    return render_template(
        "dashboard/webhook.html",
        webhook=webhook,
        secret=secret,
        faults=faults or {},
        done=_DONE.get(request.args.get("done", ""), ""),
        given=given or _fields_of(webhook),
        dates=request.form,
        types=TOLD_OF,
        health=health,
        attempts=attempts[:PAGE],
        further=attempts[PAGE - 1].n if len(attempts) > PAGE else None,
        is_first=not before and request.method == "GET",
        mark=_mark(webhook, health),
    )


def _fields_of(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "tag": webhook.tag or "",
        "description": webhook.description,
        "format": webhook.body_format,
        "events": [type_.value for type_ in webhook.events],
    }


def _mark(webhook: Webhook, health: WebhookHealth | None) -> str:
    """Name what a webhook's page shows: a page that shows the same has the same mark."""
    return _fingerprint((_desk().newest_attempt(webhook), webhook, health))


def _fingerprint(shown: object) -> str:
    return sha256(repr(shown).encode()).hexdigest()[:16]


def _all_with_health() -> list[tuple[Webhook, WebhookHealth | None]]:
    return [(webhook, _health(webhook)) for webhook in _desk().list(account().sid)]


def _health(webhook: Webhook) -> WebhookHealth | None:
    """Say how a webhook is doing; None while the archive cannot be asked."""
    try:
        return _desk().health(webhook)
    except ArchiveUnavailable:
        return None


def _back(webhook_id: str, *, done: str) -> BaseResponse:
    return redirect(url_for("dashboard.show_webhook", webhook_id=webhook_id, done=done), 303)


def _desk() -> WebhookDesk:
    return services().webhook_desk
