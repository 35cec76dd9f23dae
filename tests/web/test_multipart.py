"""Forms of parts: what is taken, and what one that cannot be read is told."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from shortlink.bootstrap.doors import Services
from shortlink.http1.reading import RequestReader
from shortlink.http1.request import Intake, Request
from shortlink.web.multipart import BadForm, read_parts
from tests.web.conftest import PROBLEM, SMS, Caller

BOUNDARY = "multipart/form-data; boundary=b"
BOUND = [  # as clients bind their forms, some of which need quotes and have none
    "----=_Part_5_1234.5678",
    "==",
    "a/b+c",
    "a,b",
    "(2026:11)?",
    "{7f3c@shop}",
    "----WebKitFormBoundaryAb9",
]


def part(name: str, content: str | bytes, *headers: str, boundary: str = "b") -> bytes:
    """One part of a form, its boundary in front."""
    written = content.encode() if isinstance(content, str) else content
    head = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return "\r\n".join([f"--{boundary}", *head, "", ""]).encode() + written + b"\r\n"


WHOLE = b"".join(part(name, value) for name, value in SMS.items())
END = b"--b--\r\n"


def send_parts(api: Caller, body: bytes, content_type: str = BOUNDARY) -> TestResponse:
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
        (WHOLE + part("message", b"a\x93\xfa") + END, 400, "Part 4 .*not UTF-8: see byte 2"),
        (part('logo"; filename="a.png', b"\x89PNG") + part("message", b"\xff") + END, 400, "Part 2 .*see byte 1"),
        (WHOLE + part("x", "y").replace(b"x", b"\xe9") + END, 400, "head, is not UTF-8"),
        (WHOLE + part("message", "YQ==", "Content-Transfer-Encoding: base64") + END, 415, "Part 4 .*as it is"),
        (b"".join(part(f"f{n}", "x") for n in range(101)) + END, 400, "A form may have 100 fields at most."),
        (WHOLE, 400, "ends before the last boundary"),
        (WHOLE[:-2], 400, "ends before the last boundary"),
        (WHOLE + part("sender", "half a te")[:-6], 400, "ends before the last boundary"),
        (WHOLE + b"--b\r\nContent-Disposition: form-data", 400, "ends before the last boundary"),
        (WHOLE + b'--b\r\nContent-Disposition: form-data; name="x"\r\n', 400, "ends before the last boundary"),
        (WHOLE + b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n', 400, "ends before the last boundary"),
        (b"--b\r\nnothing of use", 400, "ends before the last boundary"),
        (b"--b\r\nnothing of use\r\n" + END, 400, "no empty line in front"),
        (part("x", "y").replace(b"\r\n\r\ny", b"") + WHOLE + END, 400, "no empty line in front"),
        (b"--b\r\nContent-Type: text/plain\r\n\r\nx", 400, "no Content-Disposition with its name"),
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


@pytest.mark.parametrize("boundary", BOUND)
@pytest.mark.parametrize("written", ["{}", '"{}"', "{}; charset=utf-8", "{} ;charset=utf-8"])
def test_a_boundary_is_taken_with_the_quotes_that_it_needs_and_without(boundary: str, written: str) -> None:
    body = part("message", "Hi", boundary=boundary) + f"--{boundary}--".encode()
    content_type = "multipart/form-data; boundary=" + written.format(boundary)
    assert read_parts(body, content_type, most=1) == {"message": "Hi"}


@pytest.mark.parametrize("bare", ["a b", 'a"b', "a\\b"])
def test_a_boundary_whose_end_cannot_be_told_without_quotes_says_what_would_be_right(api: Caller, bare: str) -> None:
    answer = send_parts(api, WHOLE + END, f"multipart/form-data; boundary={bare}")
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert 'stands in quotes: boundary="…"' in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\u00e9"]
)
def test_a_form_of_parts_without_a_boundary_says_so(api: Caller, content_type: str) -> None:
    answer = send_parts(api, WHOLE + END, content_type)
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert "multipart/form-data; boundary=" in answer.get_json()["detail"]


SMUGGLED = 'Hi{}--b\r\nContent-Disposition: form-data; name="sender"\r\n\r\nevil'


@pytest.mark.parametrize("line_break", ["\n", "\r"])
@pytest.mark.parametrize("content", [SMUGGLED, "Hi{}--b--\r\n", "Hi{}--b \r\n"])
def test_what_some_would_read_as_a_boundary_and_others_as_content_is_refused(content: str, line_break: str) -> None:
    with pytest.raises(BadForm, match="one kind of line break, which is CR LF"):
        read_parts(part("message", content.format(line_break)) + END, BOUNDARY, most=9)


@pytest.mark.parametrize("content", ["Hi\n--bold", "Hi\n-- b", "\n\r\n\r", "a --b"])
def test_what_nobody_takes_for_a_boundary_is_content(content: str) -> None:
    assert read_parts(part("message", content) + END[:-2] + b"\n", BOUNDARY, most=9) == {"message": content}


def test_a_form_whose_every_line_ends_with_a_bare_line_feed_is_taken() -> None:
    form = (part("message", "Hi") + part("sender", "shop") + END).replace(b"\r\n", b"\n")
    assert read_parts(form, BOUNDARY, most=9) == {"message": "Hi", "sender": "shop"}


def test_a_form_of_parts_may_have_as_many_fields_as_another(api: Caller) -> None:
    more = b"".join(part(f"f{n}", "x") for n in range(97))
    assert send_parts(api, WHOLE + more + END).status_code == 201


def test_a_field_that_comes_as_a_file_is_a_fault_of_that_field(api: Caller) -> None:
    file = part('message"; filename="a.txt', "Hi")
    answer = send_parts(api, WHOLE + file + END)
    assert (answer.status_code, answer.get_json()) == (400, {"message": ["Not a valid string."]})
    other = part('logo"; filename="a.png', "<svg/>", "Content-Type: image/svg+xml")
    assert send_parts(api, WHOLE + other + END).status_code == 201


texts = st.text(alphabet='\r\n-b; ="%\u65e5', max_size=12).filter(lambda text: "--b" not in text)
fields = st.dictionaries(st.text(alphabet="abc_\u65e5", min_size=1, max_size=5), texts, min_size=1, max_size=4)


def form_of(given_fields: dict[str, str]) -> bytes:
    return b"".join(part(name, text) for name, text in given_fields.items()) + END


@given(fields)
def test_every_text_comes_out_of_its_part_as_it_went_in(given_fields: dict[str, str]) -> None:
    assert read_parts(form_of(given_fields), BOUNDARY, most=100) == given_fields


@given(fields, st.data())
def test_a_form_that_ends_anywhere_before_its_end_is_told_that_it_was_cut_off(
    given_fields: dict[str, str], data: st.DataObject
) -> None:
    form = form_of(given_fields)
    end = data.draw(st.integers(min_value=1, max_value=len(form) - len(b"-\r\n")))
    with pytest.raises(BadForm) as refused:
        read_parts(form[:end], BOUNDARY, most=100)
    assert "was cut off" in refused.value.reason


def cut(data: bytes, places: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise([0, *sorted(places), len(data)])]


@given(fields, st.lists(st.integers(min_value=0, max_value=200)), st.lists(st.integers(min_value=0, max_value=400)))
def test_a_form_has_the_same_parts_in_whatever_chunks_and_pieces_it_comes(
    given_fields: dict[str, str], chunk_ends: list[int], piece_ends: list[int]
) -> None:
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in cut(form_of(given_fields), chunk_ends) if chunk
    )
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    reader = RequestReader(Intake(body_bytes=lambda _: 65_536, takes_chunks=True))
    come: list[Request | None] = []
    for piece in cut(request, piece_ends):
        reader.feed(piece)
        come.append(reader.next())
    assert [read_parts(whole.body, BOUNDARY, most=100) for whole in come if whole] == [given_fields]
