"""The API door as a Flask app.

Plain Flask: APIFlask's validation would add a fifth to the accept path and check a second time what the domain
checks once, with every fault in the contract's own words.
"""

from __future__ import annotations

from flask import Flask

from shortlink.bootstrap.doors import Services
from shortlink.web.auth import authenticate
from shortlink.web.body import MAX_BODY, MAX_FIELDS, WholeRequest
from shortlink.web.context import install
from shortlink.web.dashboard import dashboard
from shortlink.web.errors import register_api_errors
from shortlink.web.events import events
from shortlink.web.front import front
from shortlink.web.headers import register_headers
from shortlink.web.health import alive, ready
from shortlink.web.inbound import inbound
from shortlink.web.logfiles import logfiles
from shortlink.web.metering import register_metering
from shortlink.web.metrics import metrics
from shortlink.web.openapi.routes import openapi
from shortlink.web.proxies import BehindProxies
from shortlink.web.receipts import receipts
from shortlink.web.redirect import links
from shortlink.web.slashes import MeantPaths
from shortlink.web.tracing import register_tracing
from shortlink.web.webhooks import webhooks
from shortlink.web.xoxzo.routes import xoxzo


def create_app(services: Services) -> Flask:
    """Make the API door: API and docs, receipts, health, short links. One of it is a complete small deployment."""
    app = _door(services)
    app.before_request(authenticate)
    register_api_errors(app)
    for blueprint in (
        alive,
        ready,
        metrics,
        front,
        openapi,
        xoxzo,
        events,
        logfiles,
        webhooks,
        dashboard,
        receipts,
        inbound,
        links,
    ):
        app.register_blueprint(blueprint)
    return app


def _door(services: Services) -> Flask:
    app = Flask("shortlink.web", static_folder=None)
    app.request_class = WholeRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    app.url_map.strict_slashes = False  # both forms are answered at once: a redirect would lose a POST's body
    app.url_map.merge_slashes = False
    install(app, services)
    register_tracing(app)
    register_metering(app, services.meter)
    register_headers(app)
    app.wsgi_app = MeantPaths(app.wsgi_app)  # type: ignore[method-assign]
    hops = services.settings.trusted_proxies
    if hops:
        app.wsgi_app = BehindProxies(app.wsgi_app, hops=hops)  # type: ignore[method-assign]
    return app
