"""The Flask app: Twilio's API, the switches, the receiver page and the handset, behind one set of headers."""

from __future__ import annotations

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.http import parse_date
from werkzeug.wrappers import Response as BaseResponse

from shortlink.simulator.api import api, refuse
from shortlink.simulator.control import control
from shortlink.simulator.errors import Refusal
from shortlink.simulator.handset import handset
from shortlink.simulator.presentation import FILTERS
from shortlink.simulator.receiver import receiver
from shortlink.simulator.simulation import Simulation

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def create_app(simulation: Simulation) -> Flask:
    """Build the app that serves one simulation."""
    app = Flask(__name__)
    app.extensions["simulation"] = simulation
    app.url_map.strict_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.filters.update(FILTERS)
    for blueprint in (api, control, receiver, handset):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", view_func=show_start)
    app.add_url_rule("/landing", view_func=show_landing)
    app.add_url_rule("/healthz", view_func=show_health)
    app.register_error_handler(Refusal, refuse)
    app.before_request(refuse_other_sites)
    app.before_request(forget_impossible_dates)
    app.after_request(add_headers)
    return app


def show_start() -> BaseResponse:
    """Lead to the handset."""
    return redirect("/handset/")


def show_landing() -> str:
    """Be a page for links to lead to, so that a first try needs no internet."""
    return render_template("landing.html", arrived=request.full_path.rstrip("?"))


def show_health() -> Response:
    """Say that the process answers."""
    return jsonify({"status": "ok"})


def refuse_other_sites() -> Response | None:
    """Refuse what a page of another site makes a browser send here: it could tap links or set switches."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method in ("GET", "HEAD", "OPTIONS") or site in ("none", "same-origin"):
        return None
    return Response("Requests from other sites are refused.\n", status=403, mimetype="text/plain")


def forget_impossible_dates() -> None:
    """Pass over conditions whose date is beyond reckoning; Flask's static files would fail over them."""
    for name in ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE"):
        try:
            parse_date(request.environ.get(name))
        except OverflowError:
            del request.environ[name]


def add_headers(answer: Response) -> Response:
    """Let a page load nothing but our own files, whatever stands in a message."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        answer.headers["Cache-Control"] = "no-store"
    return answer
