"""The log files: days, names, and each file in its forms, streamed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from flask import Blueprint, Response, request

from shortlink.dialects.log_names import day_of
from shortlink.web.answers import json_answer
from shortlink.web.context import account, services
from shortlink.web.download_places import take_place

logfiles = Blueprint("logfiles", __name__)
_PIECE_BYTES = 65_536
_GZIP = 31  # the window, and that a header is wanted


@logfiles.get("/logfiles")
def days() -> Response:
    """List the dates of which there are logs."""
    return json_answer(services().log_desk.days(account().sid))


@logfiles.get("/logfiles/<name>")
def names_or_file(name: str) -> Response:
    """List the logs of a date; or read one as CSV without a header line."""
    if day_of(name) is not None:
        return json_answer(services().log_desk.names(account().sid, name))
    return send_log(account().sid, name, "")


@logfiles.get("/logfiles/<name>/<form>")
def file_in_form(name: str, form: str) -> Response:
    """Read a log as CSV with a header line (`header`), as `json` or as `xml`."""
    return send_log(account().sid, name, form)


def send_log(sid: str, name: str, form: str) -> Response:
    """Stream a log file, compressed if the client takes that. Raises NotFound and TooManyDownloads."""
    file = services().log_desk.read(sid, name, form)
    headers = {"X-Log-Complete": "true" if file.complete else "false", "Vary": "Accept-Encoding"}
    pieces = _pieces(file.pieces)
    if request.accept_encodings.quality("gzip") > 0:
        headers["Content-Encoding"] = "gzip"
        pieces = _packed(pieces)
    if request.method == "HEAD":
        # An iterator, as for GET: of a list the length would be told, and 0 is not what GET would get.
        return Response(iter(()), headers=headers, content_type=file.content_type)
    leave = take_place()
    try:
        first = next(pieces, b"")  # what goes wrong at once can still be told properly
        answer = Response(chain((first,), pieces), headers=headers, content_type=file.content_type)
    except BaseException:
        leave()
        raise
    answer.call_on_close(leave)
    return answer


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """Gather small texts into pieces worth sending."""
    gathered: list[bytes] = []
    size = 0
    for text in texts:
        gathered.append(text.encode())
        size += len(gathered[-1])
        if size >= _PIECE_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Compress pieces; the same content always gives the same bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
