"""Read a request's body into fields: a form or a JSON object, in UTF-8, within bounds."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote, unquote_to_bytes

from flask import Request, abort, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from shortlink.web.answers import problem
from shortlink.web.form_fields import gather
from shortlink.web.multipart import PLAIN_CHARSETS, BadForm, read_parts

FORM = "application/x-www-form-urlencoded"
MAX_BODY = 65_536
MAX_FIELDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The fields of a request, as they came, and whether they came as JSON."""

    fields: dict[str, Any]
    is_json: bool


class WholeRequest(Request):
    """A request whose form is read whole or not at all, whichever view asks for it."""

    def make_form_data_parser(self) -> FormDataParser:
        """Make what reads the form. Raises BadRequest and RequestEntityTooLarge."""
        read_whole(self)
        return super().make_form_data_parser()


def read_body(*, most: int = MAX_BODY) -> Body:
    """Read the body of the current request, of `most` bytes at most.

    Of a form field given twice the last counts, as in Django, which Xoxzo's API is made with, but of a list every
    one. No body at all is an empty form. Aborts with 400 or 415 as a problem document, or with 413, chunked bodies
    included.
    """
    request.max_content_length = most + 1
    raw = read_whole(request)
    given = request.content_type or ""
    if given == FORM and "HTTP_CONTENT_ENCODING" not in request.environ:  # what every client sends: nothing to look up
        return Body(fields=read_form(decode(raw)), is_json=False)
    kind = request.mimetype
    if not raw and kind != "application/json":
        return Body(fields={}, is_json=False)
    _check_encodings()
    if kind == "application/json":
        return Body(fields=read_json(decode(raw)), is_json=True)
    if kind == FORM:
        return Body(fields=read_form(decode(raw)), is_json=False)
    if kind != "multipart/form-data":
        _refuse("Send application/x-www-form-urlencoded or application/json.", 415)
    return Body(fields=_read_parts(raw), is_json=False)


def read_json_body(words: str, *, most: int = MAX_BODY) -> dict[str, Any]:
    """Read the body of the current request where nothing but JSON will do, as `read_body` does.

    Aborts with 415 and these words for any other type: nobody is to be sent on to a form that is refused as well.
    """
    if request.mimetype != "application/json":
        _refuse(words, 415)
    return read_body(most=most).fields


def _read_parts(raw: bytes) -> dict[str, Any]:
    try:
        return read_parts(raw, request.content_type or "", most=MAX_FIELDS)
    except BadForm as error:
        _refuse(error.reason, error.status)


def read_whole(asked: Request) -> bytes:
    """Read the body of a request whole or not at all: half a text must never be sent, nor half a form be carried out.

    Werkzeug silently cuts a chunked body at its own limit, which is one byte above ours. A body that ends before its
    announced length is handed on by the server, to be judged here; one in chunks that lacks its last is not, so what
    has no length is whole. Raises BadRequest and RequestEntityTooLarge.
    """
    raw, length, limit = asked.get_data(), asked.content_length, asked.max_content_length
    if limit is not None and len(raw) >= limit:
        raise RequestEntityTooLarge
    if length is not None and len(raw) != length:
        raise BadRequest("The body is shorter than its Content-Length says.")
    return raw


def _check_encodings() -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        _refuse("Send the body uncompressed.", 415)
    if request.mimetype_params.get("charset", "utf-8").lower() not in PLAIN_CHARSETS:
        _refuse("Send the body in UTF-8.", 415)


def decode(raw: bytes) -> str:
    """Read UTF-8, with or without its mark. Aborts with 400."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"The body is not UTF-8: see byte {error.start + 1}.")


def read_form(text: str) -> dict[str, Any]:
    """Read a form; of a field given twice the last counts, of a list every one. Aborts with 400."""
    if text.lstrip()[:1] == "{":  # what curl sends for `-d '{…}'`: as a form it lacks every field
        _refuse("The body is JSON, and is called a form: send it as Content-Type: application/json.", 415)
    pairs = text.rstrip("\r\n").split("&")  # a form that was written to a file ends with a line break
    if len(pairs) > MAX_FIELDS:
        _refuse(f"A form may have {MAX_FIELDS} fields at most.")
    try:
        split = (pair.partition("=") for pair in pairs if pair)
        return gather([(_unquote(name), _unquote(value)) for name, _, value in split])
    except UnicodeDecodeError:
        _refuse("A percent-encoded value is not UTF-8.")


def _unquote(text: str) -> str:
    """Undo the encoding of forms; most texts that reach this have little or nothing to undo."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode() if text.isascii() else unquote(text, errors="strict")


def read_json(text: str) -> dict[str, Any]:
    """Read a JSON object. Aborts with 400."""
    try:
        content = json.loads(text, parse_constant=_no_constant, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        _refuse(f"The body is not JSON: {error.msg}, line {error.lineno} column {error.colno}.")
    except ValueError as error:
        _refuse(f"The body is not JSON we can read: {error}.")
    except RecursionError:
        _refuse("The body is nested too deeply.")
    if not isinstance(content, dict):
        _refuse("The body must be a JSON object.")
    return content


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON value; send null, or a text in quotes")


class _MinusZero(int):
    """The only whole number of JSON that is written otherwise than Python writes it."""

    def __str__(self) -> str:
        return "-0"


def _whole_number(written: str) -> int:
    """Read a whole number; one that is too long for Python is named by its beginning. Raises ValueError."""
    if written == "-0":
        return _MinusZero()
    most, digits = sys.get_int_max_str_digits(), len(written.lstrip("-"))
    if 0 < most < digits:
        raise ValueError(
            f"a number that begins with {written[:12]} has {digits} digits, and {most} are read; send a text in quotes"
        )
    return int(written)


def _refuse(detail: str, status: int = 400) -> NoReturn:
    abort(problem(status, detail))
