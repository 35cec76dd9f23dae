"""Messages that came in: the carrier hands on what people answer."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort

from shortlink.domain.inbound import INBOUND_PATH
from shortlink.domain.phone import mask_number
from shortlink.use_cases.take_inbound import take_inbound
from shortlink.web.answers import problem
from shortlink.web.carrier_signature import signed_form
from shortlink.web.context import services

_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # TwiML

log = logging.getLogger(__name__)
inbound = Blueprint("inbound", __name__)


@inbound.post(INBOUND_PATH)
def take() -> Response:
    """Take one message; what cannot be kept is answered well, so that nobody repeats it for ever.

    The answer is empty TwiML: nothing is sent back. Twilio answers keywords itself.
    """
    known = services()
    form = signed_form()
    if form is None:
        abort(problem(403, "The signature does not match."))
    message = known.receipts.read_inbound(form)
    if message is None:
        log.warning("inbound message ignored: it does not say from whom it came, or to whom")
    elif take_inbound(message, known.inbound_desk) is None:
        log.warning(
            "inbound message ignored: no account is known to have sent to %s from %s",
            mask_number(message.sender),
            mask_number(message.recipient),
        )
    return Response(_NOTHING, content_type="text/xml; charset=utf-8")
