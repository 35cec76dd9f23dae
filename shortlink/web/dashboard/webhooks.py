"""Webhooks: which addresses are told of which events. `webhook_actions` has what is done to one of them."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.errors import InvalidFields
from shortlink.web.context import account
from shortlink.web.dashboard.door import dashboard, is_part, renew_session
from shortlink.web.dashboard.webhook_form import asked_fields, typed_fields
from shortlink.web.dashboard.webhook_pages import (
    back_to_webhook,
    list_mark,
    list_page,
    webhook_desk,
    webhook_mark,
    webhook_page,
)


@dashboard.get("/webhooks")
def show_webhooks() -> str | Response:
    """List the account's webhooks."""
    if is_part() and request.args.get("after") == list_mark():
        return Response(status=204)
    return list_page()


@dashboard.post("/webhooks")
def add_webhook() -> str | Response:
    """Make a webhook and show its secret, this once; sent again by a reload, the form makes no second one."""
    typed = typed_fields()
    try:
        made = webhook_desk().create(account().sid, asked_fields(typed))
    except InvalidFields as error:
        return Response(list_page(faults=error.fields, given=typed), 400)
    renew_session()
    return webhook_page(made, secret=webhook_desk().secret(made))


@dashboard.get("/webhooks/<webhook_id>")
def show_webhook(webhook_id: str) -> str | Response:
    """Show a webhook and what was tried."""
    webhook = webhook_desk().get(account().sid, webhook_id)
    if is_part() and request.args.get("after") == webhook_mark(webhook):
        return Response(status=204)
    return webhook_page(webhook)


@dashboard.post("/webhooks/<webhook_id>")
def change_webhook(webhook_id: str) -> str | BaseResponse:
    """Keep a webhook's changed fields."""
    desk, typed = webhook_desk(), typed_fields()
    try:
        emptied = {name: request.form[name].strip() for name in ("url", "description") if name in request.form}
        desk.change(account().sid, webhook_id, {**asked_fields(typed), **emptied, "tag": typed.get("tag")})
    except InvalidFields as error:
        return Response(webhook_page(desk.get(account().sid, webhook_id), faults=error.fields, given=typed), 400)
    return back_to_webhook(webhook_id, done="change")
