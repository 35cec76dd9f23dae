"""The handset: the messages as their recipients see them, and links that can be tapped in anybody's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.inbound import reply_address
from shortlink.simulator.context import simulation
from shortlink.simulator.control import tap_to_json
from shortlink.simulator.incoming import IncomingSms
from shortlink.simulator.links import find_links
from shortlink.simulator.magic import MAGIC_RECIPIENTS, MAGIC_SENDERS
from shortlink.simulator.sms import Sms
from shortlink.simulator.visitors import VISITORS

handset = Blueprint("handset", __name__, url_prefix="/handset")
SHOWN = 100  # messages of one number
THREADS_SHOWN = 200


@handset.get("/")
@handset.get("/<digits>")
def show_handset(digits: str = "") -> str | Response:
    """Show the phone of one number, or the list with the newest one open; as JSON with the drawn parts for updates."""
    version = simulation().version
    if request.args.get("since") == version:
        return Response(status=204)
    context = {"version": version, **_phones(f"+{digits}" if digits.isascii() and digits.isdigit() else "")}
    if "since" in request.args:
        parts = {name: render_template(f"_{name}.html", **context) for name in ("threads", "conversation")}
        return jsonify({"version": version, "parts": parts})
    return render_template("handset.html", **context)


@handset.get("/numbers")
def show_numbers() -> str:
    """Show the magic numbers."""
    return render_template("numbers.html", recipients=MAGIC_RECIPIENTS.values(), senders=MAGIC_SENDERS)


@handset.post("/taps")
def tap_link() -> BaseResponse:
    """Tap a link of a message in the name of a visitor: form fields `sid`, `url`, `visitor`.

    Answers JSON when asked for it, else leads back to the message.
    """
    made = simulation().tap(request.form.get("sid", ""), request.form.get("url", ""), request.form.get("visitor", ""))
    if request.accept_mimetypes.best == "application/json":
        return jsonify(tap_to_json(made))
    return redirect(f"{_page_of(request.form.get('open', ''))}#{made.sid}", 303)


@handset.post("/replies")
def reply() -> BaseResponse:
    """Answer from a phone: form fields `from`, `to`, `body`; leads back to the conversation."""
    phone, sender, body = (request.form.get(name, "") for name in ("from", "to", "body"))
    played = simulation()
    if phone and reply_address(sender) and body.strip() and played.phones.open:
        sent = played.phones.send(phone, sender, body)
        return redirect(f"{_page_of(phone)}#{sent.sid}", 303)
    return redirect(_page_of(phone), 303)


def _page_of(recipient: str) -> str:
    digits = recipient.removeprefix("+")
    known = digits.isascii() and digits.isdigit()
    return url_for("handset.show_handset", digits=digits) if known else url_for("handset.show_handset")


def _talk(messages: Sequence[Sms], answers: Sequence[IncomingSms]) -> list[dict[str, Any]]:
    """Put what was sent to a phone and what it answered into one order, oldest first."""
    taps = simulation().taps
    told: list[tuple[int, dict[str, Any]]] = [(answer.at, {"answer": answer}) for answer in answers]
    for sms in reversed(messages):
        links = list(dict.fromkeys(find_links(sms.body)))
        told.append((sms.created_at, {"sms": sms, "links": links, "taps": taps.list(sms.sid)}))
    return [entry for _, entry in sorted(told, key=lambda pair: pair[0])]


def _phones(opened: str) -> dict[str, Any]:
    """Gather what the templates draw: all threads, and the messages of the one that is open, oldest first."""
    played = simulation()
    threads = played.messages.threads(THREADS_SHOWN)
    recipient = opened or (threads[0][0].recipient if threads else "")
    messages = played.messages.list([("recipient = ?", recipient)], limit=SHOWN) if recipient else []
    return {
        "threads": threads,
        "recipient": recipient,
        "chosen": bool(opened),
        "messages": _talk(messages, played.incoming.list(recipient) if recipient else []),
        "sender": next((sms.shown_sender for sms in messages if sms.shown_sender), ""),
        "can_reply": played.phones.open,
        "visitors": VISITORS,
        "account_sid": played.account.sid,
        "base_url": request.host_url,
    }
