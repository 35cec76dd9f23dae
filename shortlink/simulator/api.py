"""Twilio's Messages API: create, fetch, list, redact, cancel and delete."""

from __future__ import annotations

import time
import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from shortlink.simulator.context import hang_up, simulation
from shortlink.simulator.draft import read_draft
from shortlink.simulator.errors import Refusal
from shortlink.simulator.faults import Fault
from shortlink.simulator.paging import FILTERS, read_page
from shortlink.simulator.resource import to_list, to_resource
from shortlink.simulator.sms import Sms

api = Blueprint("api", __name__, url_prefix="/2010-04-01")
COLLECTION = "/Accounts/<account_sid>/Messages.json"
MEMBER = "/Accounts/<account_sid>/Messages/<sid>.json"


@api.before_request
def authenticate() -> None:
    """Let only the account's own credentials in, and only to the account."""
    played = simulation()
    if played.faults.current.unauthorized or not played.account.admits(*_credentials()):
        raise Refusal(20003)
    if (request.view_args or {}).get("account_sid", played.account.sid) != played.account.sid:
        raise Refusal(20003)


def _credentials() -> tuple[str | None, str | None]:
    try:
        given = request.authorization
    except ValueError:  # werkzeug's own, for what is not ASCII
        given = None
    return (given.username, given.password) if given and given.type == "basic" else (None, None)


@api.errorhandler(Refusal)
def refuse(refusal: Refusal) -> Response:
    """Answer in Twilio's shape."""
    answer = jsonify(refusal.to_json())
    answer.status_code = refusal.status
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    retry_after = simulation().faults.current.retry_after
    if refusal.status == 429 and retry_after is not None:
        answer.headers["Retry-After"] = f"{retry_after:g}"
    return answer


@api.app_errorhandler(HTTPException)
def refuse_request(error: HTTPException) -> Response | HTTPException:
    """Answer in Twilio's shape what Flask refused below the API's path, known or not."""
    if not request.path.startswith(f"{api.url_prefix}/"):
        return error
    codes = {404: 20404, 405: 20004, 500: 20500}
    return refuse(Refusal(codes.get(error.code or 500, 20001), request.path))


@api.after_request
def name_request(answer: Response) -> Response:
    """Name the request, as Twilio's support asks for it."""
    answer.headers["Twilio-Request-Id"] = f"RQ{uuid.uuid4().hex}"
    return answer


@api.post(COLLECTION)
def create_message(account_sid: str) -> Response:
    """Take a message, unless a fault strikes first."""
    played = simulation()
    fault = played.faults.for_create()
    if fault is Fault.REFUSE:
        return hang_up()
    if fault in _BEFORE:
        raise Refusal(_BEFORE[fault])
    sms = played.accept(read_draft(request.form, played.now()))
    return _answer_despite(fault, to_resource(account_sid, sms))


_BEFORE = {Fault.BUSY_429: 20429, Fault.ERROR_500: 20500}


def _answer_despite(fault: Fault | None, resource: dict[str, Any]) -> Response:
    """Answer for a stored message, in the way the fault wants it."""
    if fault is Fault.ACCEPT_THEN_DROP:
        return hang_up()
    if fault is Fault.ACCEPT_THEN_500:
        raise Refusal(20500)
    if fault is Fault.STALL:
        time.sleep(simulation().faults.current.stall_seconds)
    answer = jsonify(resource)
    answer.status_code = 201
    return answer


@api.get(COLLECTION)
def list_messages(account_sid: str) -> Response:
    """Answer one page of messages, newest first, without those that are too new for the lists yet."""
    _fail_lookups()
    played = simulation()
    lag_ms = int(played.faults.current.list_lag_seconds * 1000)
    page = read_page(played.messages, request.args, played.now() - lag_ms if lag_ms else None)
    filters = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return jsonify(to_list(account_sid, page, filters))


@api.get(MEMBER)
def fetch_message(account_sid: str, sid: str) -> Response:
    """Answer one message."""
    _fail_lookups()
    sms = simulation().fetch(sid)
    if sms is None:
        raise Refusal(20404, request.path)
    return jsonify(to_resource(account_sid, sms))


@api.post(MEMBER)
def update_message(account_sid: str, sid: str) -> Response:
    """Empty a message's body, or call a scheduled message off."""
    played = simulation()
    sms = _existing(sid)
    if request.form.get("Status") == "canceled":
        if not played.messages.cancel(sid, played.now()):
            raise Refusal(30409)
    elif request.form.get("Body") == "":
        _require_final(sms)
        played.messages.redact(sid, played.now())
    else:
        raise Refusal(20001, "only an empty Body or the Status canceled can be set")
    return jsonify(to_resource(account_sid, _existing(sid)))


@api.delete(MEMBER)
def delete_message(account_sid: str, sid: str) -> Response:  # noqa: ARG001  # a part of the path
    """Delete a message whose fate is known."""
    _require_final(_existing(sid))
    simulation().messages.delete(sid)
    return Response(status=204)


def _existing(sid: str) -> Sms:
    sms = simulation().messages.get(sid)
    if sms is None:
        raise Refusal(20404, request.path)
    return sms


def _require_final(sms: Sms) -> None:
    if not sms.status.is_final:
        raise Refusal(20009, "message")


def _fail_lookups() -> None:
    if simulation().faults.for_lookup():
        raise Refusal(20500)
