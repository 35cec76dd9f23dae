"""The handset: the messages as their recipients see them, and links that can be tapped in anybody's name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.simulator.context import simulation
from shortlink.simulator.control import tap_to_json
from shortlink.simulator.links import find_links
from shortlink.simulator.magic import MAGIC_RECIPIENTS, MAGIC_SENDERS
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
    recipient = request.form.get("open", "")
    digits = recipient.removeprefix("+")
    here = url_for("handset.show_handset", digits=digits) if digits.isdigit() else url_for("handset.show_handset")
    return redirect(f"{here}#{made.sid}", 303)


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
        "messages": [
            {"sms": sms, "links": list(dict.fromkeys(find_links(sms.body))), "taps": played.taps.list(sms.sid)}
            for sms in reversed(messages)
        ],
        "visitors": VISITORS,
        "account_sid": played.account.sid,
        "base_url": request.host_url,
    }
