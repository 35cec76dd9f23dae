"""Logs for machines, error reports and traces: they tell what happened, and never to whom."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from shortlink.domain.errors import SettingsError
from shortlink.telemetry import spans
from shortlink.telemetry.error_reports import clean, start_error_reports
from shortlink.telemetry.logs import JsonFormatter
from shortlink.telemetry.scrubbing import scrub
from shortlink.web.headers import register_headers
from shortlink.web.tracing import register_tracing
from tests.telemetry.conftest import Collected, attributes

NUMBER = "+818011239876"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("web"))
    logger = logging.getLogger("shortlink.test")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_line_is_an_object_with_the_values_that_the_message_names(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    logger.warning("store unavailable request_id=%s view=%s after %d tries, load=%.1f %%", "r1", "xoxzo.send", 3, 0.5)
    found = json.loads(stream.getvalue())
    moment = datetime.fromisoformat(found.pop("time"))
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert found.pop("pid") > 0
    assert found == {
        "level": "WARNING",
        "logger": "shortlink.test",
        "process": "web",
        "message": "store unavailable request_id=r1 view=xoxzo.send after 3 tries, load=0.5 %",
        "request_id": "r1",
        "view": "xoxzo.send",
        "load": 0.5,
    }


def test_an_error_brings_its_trace_in_one_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    try:
        raise ValueError("no\nway")
    except ValueError:
        logger.exception("level=%s はい", "mine")
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found["level"] == "ERROR"  # a value never takes the place of what every line has
    assert found["message"] == "level=mine はい"
    assert "Traceback" in found["exception"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"sent to {NUMBER}.", "sent to [number]."),
        ("08011239876", "[number]"),
        ("token slk_AbC123 and whsec_QUJD+/=", "token [secret] and [secret]"),
        ("Authorization: Basic U0w6c2xrX2FiYw==", "Authorization: [credentials]"),
        ("redis://:password@store:6379/0", "redis://[credentials]@store:6379/0"),
        ("GET https://shop.test/a?who=me#x failed", "GET https://shop.test/a?[query] failed"),
        ("v1,2a0dOX+XFAnZ4za2Nn2wQS0m/V5PT2PMkrsCET5vlkg=", "[signature]"),
        ("error 30003 on line 1234", "error 30003 on line 1234"),
    ],
)
def test_what_must_not_leave_the_house_is_replaced(text: str, left: str) -> None:
    assert scrub(text) == left


def test_an_error_report_holds_nothing_of_requests_and_people() -> None:
    event: dict[str, Any] = {
        "event_id": "1",
        "request": {"url": "https://sms.test/sms/messages/abc/", "data": {"recipient": NUMBER}},
        "user": {"ip_address": "203.0.113.9"},
        "server_name": "machine",
        "breadcrumbs": {"values": [{"message": NUMBER}]},
        "logentry": {"message": "failed for %s", "params": [NUMBER]},
        "exception": {"values": [{"value": NUMBER, "stacktrace": {"frames": [{"lineno": 5, "vars": {"n": NUMBER}}]}}]},
    }
    left = clean(event)
    assert NUMBER not in str(left)
    assert set(left) == {"event_id", "logentry", "exception"}
    assert left["exception"]["values"][0]["stacktrace"]["frames"] == [{"lineno": 5}]


def test_a_logged_error_is_reported_scrubbed_and_an_ordinary_line_is_not() -> None:
    script = """
import logging, sentry_sdk, sys
from sentry_sdk.transport import Transport
from shortlink.telemetry.error_reports import start_error_reports
sent = []
class Kept(Transport):
    def capture_envelope(self, envelope):
        sent.append(envelope.get_event())
start_error_reports("https://key@sentry.test/1", process="web", transport=Kept)
log = logging.getLogger("x")
log.warning("only a warning")
try:
    number = sys.argv[1]  # the report quotes these lines
    raise ValueError(f"bad {number}")
except ValueError:
    log.exception("request failed request_id=%s", "r1")
(event,) = sent
assert sys.argv[1] not in str(event), event
assert event["exception"]["values"][0]["type"] == "ValueError"
assert event["tags"]["process"] == "web"
assert not {"request", "user", "breadcrumbs", "contexts", "server_name"} & set(event), set(event)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script, NUMBER], check=True)


def test_a_request_makes_a_span_that_continues_the_callers_and_names_no_address(collected: Collected) -> None:
    app = Flask("traced")
    register_headers(app)
    register_tracing(app)
    app.add_url_rule("/sms/messages/<msgid>", endpoint="read", view_func=lambda msgid: Response(status=500))
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "X-Request-Id": "r1"}
    app.test_client().get(f"/sms/messages/abc123?number={NUMBER}", headers=headers)
    (span,) = collected.all()
    assert (span.name, span.trace_id.hex(), span.status.code) == ("GET read", trace, 2)
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.response.status_code": 500,
        "http.route": "/sms/messages/<msgid>",
        "shortlink.request_id": "r1",
    }
    assert "abc123" not in str(span)


def test_work_that_fails_is_marked_without_its_words(collected: Collected) -> None:
    with spans.span("deliver callback"):
        pass
    with pytest.raises(ValueError, match="secret"), spans.span("submit message"):
        raise ValueError("secret")
    good, bad = collected.all()
    assert (good.name, good.status.code, bad.name, bad.status.code) == ("deliver callback", 0, "submit message", 2)
    assert attributes(bad) == {"error.type": "ValueError"}
    assert "secret" not in str(bad)


@pytest.mark.parametrize("dsn", ["x y", "https://sentry.example.com/1"])
def test_what_is_no_dsn_is_refused_with_one_that_is(dsn: str) -> None:
    with pytest.raises(SettingsError, match=r"must be a DSN .* such as https://KEY@sentry\.example\.com/1"):
        start_error_reports(dsn, process="web")


def test_a_missing_extra_is_named_and_without_the_settings_nothing_of_it_is_loaded() -> None:
    script = """
import sys
from shortlink.domain.errors import SettingsError
from shortlink.telemetry import Telemetry, check_telemetry, start_telemetry
start_telemetry(Telemetry(log_format="json"), process="web")
assert not {name.split(".")[0] for name in sys.modules} & {"sentry_sdk", "opentelemetry"}
for library, wanted, extra in (
    ("sentry_sdk", Telemetry(sentry_dsn="https://key@sentry.test/1"), "'.[sentry]'"),
    ("opentelemetry", Telemetry(otlp_endpoint="http://127.0.0.1:4318"), "'.[otel]'"),
):
    sys.modules[library] = None
    try:
        check_telemetry(wanted)
    except SettingsError as error:
        assert extra in str(error)
    else:
        raise AssertionError(library)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
