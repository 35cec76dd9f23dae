"""Hostile, broken and foreign bodies."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from shortlink.web.body import read_form, read_json
from tests.web.conftest import FORM, PROBLEM, SMS, Caller

DEEP = b"[" * 60_000


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b'{"message": "a",\n "sender" "b"}', "line 2 column 11"),
        (b'{"message": NaN}', "NaN is no JSON value; send null, or a text in quotes."),
        (b'{"message": -Infinity}', "-Infinity is no JSON value"),
        (b'{"a": 1, "message": ' + b"1234567890" * 500 + b"}", "begins with 123456789012 has 5000 digits"),
        (b"-" + b"9" * 5000, "-99999999999 has 5000 digits, and 4300 are read; send a text in quotes."),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b"null", "JSON object"),
        (DEEP, "nested"),
        (b'{"message": "\xff"}', "byte 14"),
        ('{"message": "x"}'.encode("utf-16"), "UTF-8"),
    ],
)
def test_bad_json_is_400_and_says_where(api: Caller, body: bytes, where: str) -> None:
    answer = api.post(data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert where in answer.get_json()["detail"]
    assert answer.get_json()["title"] == "Bad Request"
    assert answer.get_json()["status"] == 400


@pytest.mark.parametrize(
    "body",
    [b"message=\xff", b"message=%ff", b"message=%E3%81", b"%ff=x", b"&".join(b"a=1" for _ in range(200))],
)
def test_bad_form_is_400(api: Caller, body: bytes) -> None:
    answer = api.post(data=body, content_type=FORM)
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/xml"},
        {"content_type": "application/octet-stream"},
        {"content_type": ""},
        {"content_type": "application/x-www-form-urlencoded; charset=Shift_JIS"},
        {"content_type": FORM, "headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_unknown_content_type_is_415(api: Caller, options: dict[str, Any]) -> None:
    answer = api.post(data=b"message=x", **options)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)


@pytest.mark.parametrize("indent", [None, 1])
def test_json_that_is_called_a_form_is_told_so(api: Caller, indent: int | None) -> None:
    answer = api.post(data="\n" + json.dumps(SMS, indent=indent), content_type=FORM)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)
    assert "Content-Type: application/json" in answer.get_json()["detail"]


@pytest.mark.parametrize("written", ["0", "-0", "-12", "483920", "9" * 300])
def test_a_whole_number_in_json_becomes_the_text_that_it_is_written_as(written: str) -> None:
    assert str(read_json(f'{{"message": {written}}}')["message"]) == written


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_break_at_the_end_of_a_file_is_no_part_of_the_last_field(end: str) -> None:
    assert read_form(f"message=Hi%0A&sender=SHOP{end}") == {"message": "Hi\n", "sender": "SHOP"}
    assert read_form("sender=SHOP&message=Hi%0D%0A") == {"sender": "SHOP", "message": "Hi\r\n"}


def test_a_field_that_begins_like_json_is_no_json(api: Caller) -> None:
    assert api.post(data=SMS | {"message": "{}"}).status_code == 201
    assert api.post(data={"{": "", **SMS}).status_code == 201


def test_no_body_and_no_type_lacks_every_field(api: Caller) -> None:
    answer = api.post()
    assert (answer.status_code, sorted(answer.get_json())) == (400, ["message", "recipient", "sender"])


@pytest.mark.parametrize("kind", [FORM, "application/json", "multipart/form-data; boundary=b", "text/plain"])
def test_body_over_64_kib_is_413(api: Caller, kind: str) -> None:
    answer = api.post(data=b"x" * (65_536 + 1), content_type=kind)
    assert (answer.status_code, answer.content_type) == (413, PROBLEM)


def test_body_of_64_kib_is_read(api: Caller) -> None:
    answer = api.post(data=b"message=" + b"x" * (65_536 - 8), content_type=FORM)
    assert answer.status_code == 400
    assert "recipient" in answer.get_json()


def test_what_was_sent_is_never_echoed(api: Caller) -> None:
    answer = api.post(data=b'{"message": "secret-text" "x"}', content_type="application/json")
    assert "secret-text" not in answer.text


def send_chunked(api: Caller, body: bytes, content_type: str) -> tuple[bytes, str, str]:
    environ = EnvironBuilder(path="/sms/messages/", method="POST", auth=(api.sid, api.token)).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"CONTENT_TYPE": content_type, "wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    content, status, headers = run_wsgi_app(api.client.application, environ, buffered=True)
    return b"".join(content), status[:3], headers["Content-Type"]


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_chunked_body_over_64_kib_is_413(api: Caller, content_type: str) -> None:
    content, status, kind = send_chunked(api, b"x" * (65_536 + 1), content_type)
    assert (status, kind) == ("413", PROBLEM)
    assert b'"status": 413' in content


@pytest.mark.parametrize(
    ("body", "content_type"), [(json.dumps(SMS), "application/json"), (urlencode(SMS), FORM)], ids=["JSON", "a form"]
)
def test_chunked_body_is_taken(api: Caller, body: str, content_type: str) -> None:
    assert send_chunked(api, body.encode(), content_type)[1] == "201"


def test_body_shorter_than_announced_is_400_and_nothing_is_kept(api: Caller) -> None:
    environ = EnvironBuilder(path="/sms/messages/", method="POST", auth=(api.sid, api.token)).get_environ()
    body = b"recipient=%2B818011234567&sender=SHOP&message=half a te"
    environ |= {
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": "100",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }
    _, status, headers = run_wsgi_app(api.client.application, environ, buffered=True)
    assert (status[:3], headers["Content-Type"]) == ("400", PROBLEM)
    assert api.get("/sms/messages/").get_json() == []


@given(st.text(alphabet="ab=&%+41cEz\u00e9\u65e5 ;\x00", max_size=40))
def test_a_form_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        expected = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        with pytest.raises(HTTPException):
            read_form(text)
    else:
        assert read_form(text) == expected
