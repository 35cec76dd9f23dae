"""Forms of which not everything came."""

from __future__ import annotations

import io
from urllib.parse import quote, urlencode

import pytest
from werkzeug.test import TestResponse

from shortlink.domain.inbound import INBOUND_PATH
from shortlink.domain.receipt_address import RECEIPTS_PATH
from shortlink.web.body import FORM, MAX_BODY
from tests.web.dashboard.conftest import Reader
from tests.web.dashboard.test_webhooks_and_logs import HOOK


def post(reader: Reader, path: str, body: bytes, *, announced: int | None = None) -> TestResponse:
    """Post these bytes under an announced length, or in chunks, as the server hands them on."""
    length = {"HTTP_TRANSFER_ENCODING": "chunked"} if announced is None else {"CONTENT_LENGTH": str(announced)}
    given = {"wsgi.input_terminated": True, **length}
    return reader.client.post(path, input_stream=io.BytesIO(body), content_type=FORM, environ_overrides=given)


def hook(reader: Reader) -> bytes:
    return urlencode({"form_token": reader.form_token()} | HOOK).encode()


def forms(reader: Reader) -> list[str]:
    """List the addresses of the dashboard that take a form."""
    rules = [rule for rule in reader.client.application.url_map.iter_rules() if "POST" in (rule.methods or ())]
    paths = [rule.rule for rule in rules if rule.endpoint.startswith("dashboard.")]
    assert len(paths) > 10
    return [path for path in paths if path != "/dashboard/login"]


def test_a_form_that_is_shorter_than_announced_is_400_and_nothing_is_made(reader: Reader) -> None:
    whole = hook(reader)
    answer = post(reader, "/dashboard/webhooks", whole[:-4], announced=len(whole))
    assert (answer.status_code, answer.content_type) == (400, "text/html; charset=utf-8")
    assert reader.services.webhook_desk.list(reader.sid) == []
    assert post(reader, "/dashboard/webhooks", whole, announced=len(whole)).status_code == 200


def test_a_form_in_chunks_that_was_cut_is_413_and_nothing_is_made(reader: Reader) -> None:
    for size in (MAX_BODY + 1, 80_000):
        answer = post(reader, "/dashboard/webhooks", hook(reader).ljust(size, b"&"))
        assert (answer.status_code, answer.content_type) == (413, "text/html; charset=utf-8")
    assert reader.services.webhook_desk.list(reader.sid) == []
    assert post(reader, "/dashboard/webhooks", hook(reader)).status_code == 200


def test_no_form_of_the_dashboard_is_carried_out_in_part(reader: Reader) -> None:
    body = hook(reader).ljust(MAX_BODY + 1, b"&")
    answers = {path: post(reader, quote(path), body).status_code for path in forms(reader)}
    assert answers == dict.fromkeys(answers, 413)
    answers = {path: post(reader, quote(path), body[:300], announced=400).status_code for path in forms(reader)}
    assert answers == dict.fromkeys(answers, 400)


def test_a_log_in_is_not_tried_with_half_a_token(visitor: Reader) -> None:
    fields = {"form_token": visitor.form_token("/login"), "sid": visitor.sid, "token": visitor.token}
    body = urlencode(fields).encode()
    assert post(visitor, "/dashboard/login", body, announced=len(body) + 1).status_code == 400
    assert post(visitor, "/dashboard/login", body, announced=len(body)).status_code == 303


@pytest.mark.parametrize("path", [INBOUND_PATH, f"{RECEIPTS_PATH}/x/y"])
def test_what_a_carrier_says_is_not_read_in_part(visitor: Reader, path: str) -> None:
    cut = post(visitor, path, b"Body=half a te", announced=100)
    assert (cut.status_code, cut.content_type) == (400, "application/problem+json")
    assert "shorter than its Content-Length" in cut.get_json()["detail"]
    assert post(visitor, path, b"x" * (MAX_BODY + 1)).status_code == 413
