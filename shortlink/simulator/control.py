"""The simulator's own API: switch faults on, read what was sent and what was received, start afresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request

from shortlink.domain.phone import is_e164
from shortlink.simulator.context import simulation
from shortlink.simulator.faults import Faults
from shortlink.simulator.incoming import IncomingSms
from shortlink.simulator.links import find_links
from shortlink.simulator.received import ReceivedCallback
from shortlink.simulator.sms import Sms, Tap

control = Blueprint("control", __name__, url_prefix="/simulator")


@control.get("/faults")
def show_faults() -> Response:
    """Show the switches and how many requests each has struck."""
    switches = simulation().faults
    return jsonify({**switches.current.to_json(), "struck": switches.struck()})


@control.post("/faults")
def set_faults() -> Response:
    """Replace the switches; what is not named is off. A mistake is answered with 400 and changes nothing."""
    try:
        faults = Faults.from_json(request.get_json(force=True, silent=True))
    except ValueError as error:
        return _mistake(str(error))
    simulation().faults.set(faults)
    return show_faults()


@control.delete("/faults")
def clear_faults() -> Response:
    """Switch every fault off."""
    simulation().faults.set(Faults())
    return show_faults()


@control.get("/messages.json")
def list_messages() -> Response:
    """List all messages, newest first, or those to one number."""
    recipient = request.args.get("to", "")
    # An unescaped + in a query arrives as a space.
    conditions = [("recipient = ?", "+" + recipient.strip().lstrip("+"))] if recipient else []
    limit = request.args.get("limit", -1, type=int)
    found = simulation().messages.list(conditions, limit=limit)
    taps = simulation().taps.by_message()
    return jsonify([_message(sms, taps.get(sms.sid, [])) for sms in found])


@control.delete("/messages")
def delete_messages() -> Response:
    """Delete all messages, both ways, and what was still to happen to them."""
    simulation().incoming.delete()
    return jsonify({"deleted": simulation().messages.delete()})


@control.post("/erase")
def erase() -> Response:
    """Forget one number, the form field `number`; in the body and not in the address, which others may log."""
    number = request.form.get("number", "")
    if not is_e164(number):  # a few letters or digits stand in everybody's callbacks
        return _mistake("name the number in `number`, such as +818011234567; in a form, write + as %2B")
    return jsonify(simulation().erase(number))


@control.get("/callbacks.json")
def list_callbacks() -> Response:
    """List all received callbacks, newest first."""
    limit = request.args.get("limit", -1, type=int)
    return jsonify([_callback(callback) for callback in simulation().callbacks.list(limit)])


@control.delete("/callbacks")
def delete_callbacks() -> Response:
    """Delete all received callbacks; scripted answers begin anew."""
    return jsonify({"deleted": simulation().callbacks.delete()})


@control.post("/inbound")
def send_inbound() -> Response:
    """Send a message from a phone: form fields `from`, `to`, `body`, and `sid` to repeat an earlier report.

    Any other field is handed on as it is, as Twilio adds fields for some accounts.
    """
    form = request.form.to_dict()
    phone, sender, body, sid = (form.pop(name, "") for name in ("from", "to", "body", "sid"))
    if not phone or not sender:
        return _mistake("name the phone in `from` and the sender it answers in `to`")
    try:
        return jsonify(_incoming(simulation().phones.send(phone, sender, body, sid=sid, extra=form)))
    except ValueError as error:
        return _mistake(str(error))


@control.get("/inbound.json")
def list_inbound() -> Response:
    """List all messages from phones, newest first."""
    return jsonify([_incoming(sms) for sms in reversed(simulation().incoming.list())])


def _mistake(text: str) -> Response:
    answer = jsonify({"error": text})
    answer.status_code = 400
    return answer


def _incoming(sms: IncomingSms) -> dict[str, Any]:
    return {
        "sid": sms.sid,
        "at": sms.at,
        "from": sms.phone,
        "to": sms.sender,
        "body": sms.body,
        "status": sms.status,
        "error": sms.error,
    }


def _message(sms: Sms, taps: Sequence[Tap]) -> dict[str, Any]:
    return {
        "sid": sms.sid,
        "to": sms.recipient,
        "from": sms.shown_sender,
        "messaging_service_sid": sms.service_sid,
        "body": sms.body,
        "links": find_links(sms.body),
        "status": sms.status.value,
        "error_code": sms.error_code,
        "segments": sms.segments,
        "status_callback": sms.callback_url,
        "created_at": sms.created_at,
        "sent_at": sms.sent_at,
        "updated_at": sms.updated_at,
        "taps": [tap_to_json(tap) for tap in taps],
    }


def tap_to_json(tap: Tap) -> dict[str, Any]:
    """Shape a tap as plain JSON."""
    return {
        "at": tap.at,
        "visitor": tap.visitor,
        "url": tap.url,
        "status": tap.status,
        "location": tap.location,
        "error": tap.error,
    }


def _callback(callback: ReceivedCallback) -> dict[str, Any]:
    return {
        "id": callback.id,
        "at": callback.at,
        "path": callback.path,
        "query": callback.query,
        "event_id": callback.event_id,
        "headers": dict(callback.headers),
        "body": callback.body.decode(errors="replace"),
        "fields": callback.fields,
        "verified": callback.verified,
        "answered": callback.answered,
    }
