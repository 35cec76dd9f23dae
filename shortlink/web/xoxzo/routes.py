"""Xoxzo's routes: send, read one, list, and what became of the callbacks, which is ours."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, request

from shortlink.dialects.xoxzo import callback_entry, status_object
from shortlink.domain.errors import ForbiddenFields, InvalidFields, RecordUnreadable
from shortlink.domain.message import Message
from shortlink.use_cases.accept_message import accept_message
from shortlink.use_cases.read_messages import day_of, list_messages, read_callbacks, read_message
from shortlink.use_cases.redeliver_callbacks import Redelivery, redeliver_callback, redeliver_days
from shortlink.use_cases.switch_link import switch_link
from shortlink.web.answers import json_answer, problem
from shortlink.web.body import read_body
from shortlink.web.context import account, services
from shortlink.web.throttle import RANGE_COST, SWITCHES, list_limit, redeliver_limit, throttle, throttle_sends
from shortlink.web.xoxzo.batch import BATCH_PATH, Unreserved, send_batch
from shortlink.web.xoxzo.fields import named_faults, read_draft
from shortlink.web.xoxzo.idempotency import idempotency_key
from shortlink.web.xoxzo.sent_date import read_days, read_range

CUT_HEADER = "X-Truncated"
LEFT_OUT_HEADER = "X-Unreadable"

xoxzo = Blueprint("xoxzo", __name__)
xoxzo.record_once(lambda state: state.app.url_map.converters.update(unreserved=Unreserved))
xoxzo.post(BATCH_PATH)(send_batch)


@xoxzo.post("/sms/messages")
def send() -> Response:
    """Accept a message. A form is answered with an array, as Xoxzo's clients expect, JSON with an object."""
    known = services()
    key = idempotency_key()
    throttle_sends([] if key is None else [key])
    body = read_body()
    accepted = accept_message(
        read_draft(body.fields, known),
        account=account(),
        desk=known.accept_desk,
        idempotency_key=key,
    )
    answer = {"msgid": accepted.message_id}
    headers = {"Idempotent-Replayed": "true"} if accepted.replayed else None
    return json_answer(answer if body.is_json else [answer], 201, headers)


@xoxzo.get("/sms/messages/<unreserved:msgid>")
def read(msgid: str) -> Response:
    """Say where a message stands."""
    return json_answer(_written(read_message(msgid, sid=account().sid, messages=services().messages)))


@xoxzo.get("/sms/messages/<msgid>/callbacks")
def read_tries(msgid: str) -> Response:
    """List a message's callbacks and the newest tries of each."""
    known = services()
    found = read_callbacks(msgid, sid=account().sid, messages=known.messages, callbacks=known.callbacks)
    return json_answer([callback_entry(callback) for callback in found])


@xoxzo.post("/sms/messages/<msgid>/callbacks/<callback_id>/redeliver")
def redeliver(msgid: str, callback_id: str) -> Response:
    """Begin another ten tries of one callback, same id, same fields; 202, as they are made by and by."""
    known = services()
    throttle("redeliver", redeliver_limit(known.settings))
    answer = redeliver_callback(
        msgid, callback_id, sid=account().sid, messages=known.messages, callbacks=known.callbacks
    )
    return json_answer({"id": callback_id, "state": "pending", "reopened": answer is Redelivery.REOPENED}, 202)


@xoxzo.post("/sms/callbacks/redeliver")
def redeliver_range() -> Response:
    """Begin another ten tries of every callback that never arrived, of messages sent on the days `from` to `to`."""
    known = services()
    throttle("redeliver", redeliver_limit(known.settings), count=RANGE_COST)
    first, last = read_range(read_body().fields)
    count = redeliver_days(
        sid=account().sid, first_day=first, last_day=last, day_lists=known.day_lists, callbacks=known.callbacks
    )
    return json_answer({"redelivering": count}, 202)


@xoxzo.post("/sms/messages/<msgid>/link/disable")
def disable_link(msgid: str) -> Response:
    """Switch a message's short link off: the next tap is answered 410."""
    return _switch(msgid, on=False)


@xoxzo.post("/sms/messages/<msgid>/link/enable")
def enable_link(msgid: str) -> Response:
    """Switch a message's short link on again."""
    return _switch(msgid, on=True)


@xoxzo.get("/sms/messages")
def list_sent() -> Response:
    """List messages of the last 90 days, newest first.

    Headers tell when the answer was cut at the cap, and how many messages are left out because they are damaged.
    """
    known = services()
    throttle("list", list_limit(account(), known.settings))
    days = read_days(request.query_string, today=day_of(int(time.time() * 1000)))
    page = list_messages(
        sid=account().sid,
        first_day=days.first,
        last_day=days.last,
        cap=known.settings.list_cap,
        day_lists=known.day_lists,
    )
    headers = {CUT_HEADER: "true"} if page.cut else {}
    if page.unreadable:
        headers[LEFT_OUT_HEADER] = str(page.unreadable)
    return json_answer([_written(message) for message in page.messages], 200, headers)


@xoxzo.errorhandler(InvalidFields)
def say_what_is_wrong(error: InvalidFields) -> Response:
    """Answer with every fault at once, under the names that the customer used."""
    return json_answer(named_faults(error), 403 if isinstance(error, ForbiddenFields) else 400)


def _written(message: Message) -> dict[str, Any]:
    known = services()
    settings, reason_for = known.settings, known.receipts.reason_for
    return status_object(message, api_url=settings.api_url, fail_word=settings.fail_word, reason_for=reason_for)


def _switch(msgid: str, *, on: bool) -> Response:
    known = services()
    throttle("switch", SWITCHES)
    switch_link(msgid, on=on, by="api", sid=account().sid, messages=known.messages, links=known.links)
    try:
        return read(msgid)
    except RecordUnreadable as error:
        done = f"The link is switched {'on' if on else 'off'}"
        return problem(500, f"{done}; otherwise, the record of this message cannot be read: {error.reason}.")
