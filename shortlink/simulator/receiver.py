"""The receiver: takes callbacks as a customer's server would, answers as scripted, and shows what came."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, jsonify, render_template, request

from shortlink.simulator.account import verify_webhook
from shortlink.simulator.context import hang_up, simulation
from shortlink.simulator.received import ReceivedCallback

receiver = Blueprint("receiver", __name__, url_prefix="/callbacks")
SHOWN = 50
MAX_DELAY = 120.0
_ANSWERS = re.compile(r"(?:[2-5]\d\d|drop)(?:,(?:[2-5]\d\d|drop))*")


@receiver.get("/")
def show_callbacks() -> str | Response:
    """Show the newest callbacks; as JSON with the drawn part for a page that keeps itself up to date."""
    played = simulation()
    version = played.version
    if request.args.get("since") == version:
        return Response(status=204)
    context = {"callbacks": played.callbacks.list(SHOWN), "base_url": request.host_url, "version": version}
    if "since" in request.args:
        return jsonify({"version": version, "parts": {"callbacks": render_template("_callbacks.html", **context)}})
    return render_template("callbacks.html", **context)


@receiver.post("/")
@receiver.post("/<path:path>")
def take_callback(path: str = "") -> Response:
    """Note a callback and answer it: 200, or the next of `?answers=500,500,200`, after `?delay=` seconds.

    The n-th POST of one webhook-id to one path gets the n-th answer; the last one repeats; `drop` hangs up.
    """
    script = request.args.get("answers", "200")
    delay = request.args.get("delay", 0.0, type=float)
    if not _ANSWERS.fullmatch(script) or not 0 <= delay <= MAX_DELAY:
        return Response("answers must be like 500,drop,200, and delay seconds up to 120\n", status=422)
    answer = _note(path, script.split(","))
    time.sleep(delay)
    return _answer(answer)


def _note(path: str, answers: list[str]) -> str:
    """Keep the callback and pick its answer."""
    played = simulation()
    headers = {name.lower(): value for name, value in request.headers.items()}
    event_id = headers.get("webhook-id", "")
    body = request.get_data()
    answer = answers[min(played.callbacks.count(path, event_id), len(answers) - 1)]
    played.callbacks.add(
        ReceivedCallback(
            id=0,
            at=played.now(),
            path=path,
            query=request.query_string.decode(errors="replace"),
            event_id=event_id,
            headers=headers,
            body=body,
            verified=verify_webhook(_secrets(headers), headers, body),
            answered=0 if answer == "drop" else int(answer),
        )
    )
    return answer


def _secrets(headers: Mapping[str, str]) -> Sequence[str]:
    """Name what the signature is checked with: `?secret=whsec_…`, as each webhook has its own, else the account's."""
    if (own := request.args.get("secret", "")).startswith("whsec_"):
        return [own]
    return () if headers.get("user-agent", "").startswith("Shortlink-Webhook/") else simulation().webhook_secrets


def _answer(answer: str) -> Response:
    if answer == "drop":
        return hang_up()
    text = "" if answer == "204" else f"answered {answer} as scripted\n"
    response = Response(text, int(answer), mimetype="text/plain")
    if answer.startswith("3"):
        response.headers["Location"] = "/callbacks/redirected"
    if "retry_after" in request.args:
        response.headers["Retry-After"] = str(request.args.get("retry_after", 0, type=int))
    return response
