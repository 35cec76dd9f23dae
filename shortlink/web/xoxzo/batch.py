"""The batch route, which is ours: many messages in one request."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, abort
from werkzeug.routing import BaseConverter

from shortlink.domain.draft import REQUIRED, Draft
from shortlink.domain.errors import IdempotencyMismatch, InvalidFields, StoreUnavailable
from shortlink.use_cases.accept_batch import MOST_MESSAGES, accept_batch
from shortlink.use_cases.accept_message import Accepted
from shortlink.use_cases.count_new import place_name
from shortlink.web.answers import json_answer
from shortlink.web.body import read_json_body
from shortlink.web.context import account, request_id, services
from shortlink.web.throttle import throttle_sends
from shortlink.web.xoxzo.fields import named_faults, read_draft
from shortlink.web.xoxzo.idempotency import idempotency_key

log = logging.getLogger(__name__)
BATCH_PATH = "/sms/messages/batch"
MAX_BATCH_BODY = 2_097_152
WHOLE = "non_field_errors"  # Django REST framework's word for what no field is to blame for
_AWAY = "The store did not answer; whether this one was accepted is not known. An Idempotency-Key makes a repeat safe."
_OUR_FAULT = "Not accepted: something went wrong here."


class Unreserved(BaseConverter):
    """A message's id as it stands in an address; `batch` is none, or that route would have a message's methods too."""

    regex = "(?!batch$)[^/]+"
    part_isolating = True  # it ends where a part of the address ends


def send_batch() -> Response:
    """Accept up to 1,000 messages; the answer has an id or the faults of each, in the same order."""
    known = services()
    key = idempotency_key()
    given = _read_messages()
    names = [] if key is None else [place_name(key, place) for place in range(len(given))]
    throttle_sends(names, count=len(given))
    ended = accept_batch(
        [_check(one) for one in given],
        account=account(),
        desk=known.accept_desk,
        idempotency_key=key,
    )
    if all(isinstance(one, StoreUnavailable) for one in ended):
        raise StoreUnavailable("it did not answer for any message of the batch")
    replayed = all(isinstance(one, Accepted) and one.replayed for one in ended)
    return json_answer([_written(one) for one in ended], 200, {"Idempotent-Replayed": "true"} if replayed else None)


def _read_messages() -> list[Any]:
    given = read_json_body("Send a batch as application/json.", most=MAX_BATCH_BODY).get("messages")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_MESSAGES:
        fault = REQUIRED if given is None else f"Send an array of 1 to {MOST_MESSAGES} messages."
        abort(json_answer({"messages": [fault]}, 400))
    return given


def _check(given: Any) -> Draft | InvalidFields:
    if not isinstance(given, dict):
        return InvalidFields({WHOLE: ["A message is an object."]})
    try:
        return read_draft(given, services())
    except InvalidFields as error:
        return error


def _written(ended: Accepted | Exception) -> dict[str, Any]:
    match ended:
        case Accepted():
            return {"msgid": ended.message_id}
        case InvalidFields():
            return {"errors": named_faults(ended)}
        case IdempotencyMismatch():
            return {"errors": {WHOLE: ["This Idempotency-Key was used with another request."]}}
        case StoreUnavailable():
            return {"errors": {WHOLE: [_AWAY]}}
    log.error("request failed request_id=%s view=batch", request_id(), exc_info=ended)
    return {"errors": {WHOLE: [_OUR_FAULT]}}
