"""Hostile, broken and foreign bodies."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from shortlink.bootstrap import Services
from shortlink.web.body import MAX_BODY, read_form
from tests.web.conftest import FORM, PROBLEM, SMS, Caller

DEEP = b"[" * 60_000


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b'{"message": "a",\n "sender" "b"}', "line 2 column 11"),
        (b'{"message": NaN}', "NaN"),
        (b'{"message": Infinity}', "Infinity"),
        (b"9" * 5000, "4300"),
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


def test_multipart_that_is_not_utf_8_is_400(api: Caller) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n\xff\r\n--b--\r\n'
    answer = api.post(data=body, content_type="multipart/form-data; boundary=b")
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)


def part(name: str, content: str | bytes, *headers: str) -> bytes:
    """One part of a form, its boundary in front."""
    written = content.encode() if isinstance(content, str) else content
    head = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return "\r\n".join(["--b", *head, "", ""]).encode() + written + b"\r\n"


WHOLE = b"".join(part(name, value) for name, value in SMS.items())
END = b"--b--\r\n"


def send_parts(api: Caller, body: bytes, content_type: str = "multipart/form-data; boundary=b") -> TestResponse:
    return api.post(data=body, content_type=content_type)


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=b", 'multipart/form-data; boundary="b"'])
def test_multipart_is_taken_with_whatever_stands_around_its_parts(api: Caller, content_type: str) -> None:
    assert send_parts(api, b"for old mail programs\r\n" + WHOLE + END + b"the end", content_type).status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: 8bit",
    ],
)
def test_a_part_that_says_how_it_is_written_is_read_as_utf_8(api: Caller, services: Services, header: str) -> None:
    answer = send_parts(api, WHOLE + part("message", "é 日本", header) + END)
    assert services.messages.get(answer.get_json()[0]["msgid"]).text == "é 日本"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (WHOLE + part("message", "é", "Content-Type: text/plain; charset=iso-8859-1") + END, 415, "Part 4 .* UTF-8"),
        (
            WHOLE + part("message", b"\x93\xfa", "Content-Type: text/plain; charset=shift_jis") + END,
            415,
            "Part 4 .* UTF-8",
        ),
        (WHOLE + part("message", b"\x93\xfa") + END, 400, "not UTF-8: see byte"),
        (WHOLE + part("message", "YQ==", "Content-Transfer-Encoding: base64") + END, 415, "Part 4 .*as it is"),
        (b"".join(part(f"f{n}", "x") for n in range(101)) + END, 400, "A form may have 100 fields at most."),
        (WHOLE, 400, "ends before the last boundary"),
        (WHOLE[:-2], 400, "ends before the last boundary"),
        (WHOLE + part("sender", "half a te")[:-6], 400, "ends before the last boundary"),
        (WHOLE + b"--b\r\nContent-Disposition: form-data", 400, "no Content-Disposition with its name"),
        (WHOLE + b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n', 400, "ends before the last boundary"),
        (b"--b\r\nnothing of use", 400, "no Content-Disposition with its name"),
        (b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END, 400, "no Content-Disposition with its name"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, 400, "Part 1 .*no name"),
        (WHOLE.replace(b"--b", b"--other") + b"--other--", 400, "boundary .* nowhere in the body"),
        (b"message=x&recipient=y", 400, "boundary .* nowhere in the body"),
    ],
)
def test_a_form_of_parts_that_cannot_be_read_says_what_is_wrong(
    api: Caller, body: bytes, status: int, detail: str
) -> None:
    answer = send_parts(api, body)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert re.search(detail, answer.get_json()["detail"])
    assert api.get("/sms/messages/").get_json() == []


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\u00e9"]
)
def test_a_form_of_parts_without_a_boundary_says_so(api: Caller, content_type: str) -> None:
    answer = send_parts(api, WHOLE + END, content_type)
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert "multipart/form-data; boundary=" in answer.get_json()["detail"]


def test_a_form_of_parts_may_have_as_many_fields_as_another(api: Caller) -> None:
    more = b"".join(part(f"f{n}", "x") for n in range(97))
    assert send_parts(api, WHOLE + more + END).status_code == 201


def test_a_field_that_comes_as_a_file_is_a_fault_of_that_field(api: Caller) -> None:
    file = part('message"; filename="a.txt', "Hi")
    answer = send_parts(api, WHOLE + file + END)
    assert (answer.status_code, answer.get_json()) == (400, {"message": ["Not a valid string."]})
    other = part('logo"; filename="a.png', "<svg/>", "Content-Type: image/svg+xml")
    assert send_parts(api, WHOLE + other + END).status_code == 201


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


def test_no_body_and_no_type_lacks_every_field(api: Caller) -> None:
    answer = api.post()
    assert (answer.status_code, sorted(answer.get_json())) == (400, ["message", "recipient", "sender"])


@pytest.mark.parametrize("kind", [FORM, "application/json", "multipart/form-data; boundary=b", "text/plain"])
def test_body_over_64_kib_is_413(api: Caller, kind: str) -> None:
    answer = api.post(data=b"x" * (MAX_BODY + 1), content_type=kind)
    assert (answer.status_code, answer.content_type) == (413, PROBLEM)


def test_body_of_64_kib_is_read(api: Caller) -> None:
    answer = api.post(data=b"message=" + b"x" * (MAX_BODY - 8), content_type=FORM)
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
    content, status, kind = send_chunked(api, b"x" * (MAX_BODY + 1), content_type)
    assert (status, kind) == ("413", PROBLEM)
    assert b'"status": 413' in content


def test_chunked_json_is_taken(api: Caller) -> None:
    assert send_chunked(api, json.dumps(SMS).encode(), "application/json")[1] == "201"


def test_chunked_form_is_411_because_its_end_can_not_be_told_from_a_lost_connection(api: Caller) -> None:
    body = b"recipient=%2B818011234567&sender=SHOP&message=half a te"
    assert send_chunked(api, body, FORM)[1:] == ("411", PROBLEM)


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
