"""The feed of events and the log files."""

from __future__ import annotations

from shortlink.dialects.log_forms import FORMS
from shortlink.dialects.logs import LOGS
from shortlink.domain.event import EventType
from shortlink.web.openapi.schemas import MESSAGE_ID, TEXT, told
from shortlink.web.openapi.words import JSON, Json, answer, content, list_of, record, refusals, schema
from shortlink.web.query import MOST_DIGITS

_MOMENT: Json = {"type": "string", "format": "date-time"}
_TYPES = [type_.value for type_ in EventType]
_DATE = "2026-11-21"
_NAME = f"clicks.{_DATE}.log"
_CSV, _XML = "text/csv", "application/xml"
_EVENT = {
    "id": "d1795301767609-0",
    "type": "link.clicked",
    "timestamp": "2026-11-21T22:56:07.609Z",
    "data": {
        "msgid": "l97gbpv6YAK5ejmSOuFDoiZlHxBFJaGf",
        "recipient": "+818011234567",
        "sender": "shop",
        "tags": ["spring"],
        "verdict": "human",
        "rule": "browser",
        "first": True,
        "link": "https://example.com/sale?id=7",
    },
}
LOG_SCHEMAS: Json = {
    "Event": record(
        {
            "id": told(TEXT, "The same in webhooks and log files."),
            "type": {"type": "string", "enum": _TYPES},
            "timestamp": _MOMENT,
            "data": {"type": "object", "description": "What it is about; which fields hangs on the type."},
        }
    ),
    "FeedPage": record(
        {
            "events": list_of(schema("Event")) | {"maxItems": 1000},
            "next": told(TEXT, "The cursor to go on with: pass it as `after`."),
            "more": {"type": "boolean", "description": "Whether there is more already."},
        }
    ),
}


def _query(name: str, shape: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": shape, "description": description}


_FEED: Json = {
    "operationId": "readEvents",
    "tags": ["Logs"],
    "summary": "Read events after a cursor",
    "description": "*Ours.* Oldest first, an event about a second after it happened. A page by tag can be short, "
    "even empty, while `more` is true. Each parameter may be given once; what is no parameter is refused.",
    "parameters": [
        _query(
            "after",
            {"type": "string", "pattern": f"^([0-9]{{0,{MOST_DIGITS}}}|newest)$"},
            "The `next` of an earlier answer; absent, the feed begins with the oldest event, with `newest` it only "
            "gives a cursor for what is still to come. A cursor that this feed has not given is refused.",
        ),
        _query(
            "type",
            {"type": "string", "format": "event-types"},
            f"Only these types, separated by commas, of {', '.join(f'`{type_}`' for type_ in _TYPES)}.",
        ),
        _query("tag", TEXT | {"minLength": 1}, "Only events of messages with this tag."),
        _query("msgid", MESSAGE_ID, "Only events of this message."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "At most so many; 100 unless given."),
    ],
    "responses": {
        "200": answer("The events.", content(schema("FeedPage"), {"events": [_EVENT], "next": "4711", "more": False})),
        "400": answer("Fields are wrong.", content(schema("FieldFaults"), {"after": ["Must be the `next` of …"]})),
        **refusals(401, 500, 503),
    },
}


def _in_path(name: str, description: str, example: str) -> Json:
    written = {"name": name, "in": "path", "required": True, "schema": TEXT, "description": description}
    return written | {"example": example}


_FILE_NAME = _in_path(
    "name",
    f"A date, or `<type>.<date>.log` with one of {', '.join(f'`{type_}`' for type_ in LOGS)}.",
    _NAME,
)
_FORM = _in_path("form", f"One of {', '.join(f'`{form}`' for form in FORMS if form)}.", "header")
_FILE_HEADERS = ("X-Log-Complete", "Vary", "Content-Encoding")
_NAMES = content(list_of(TEXT), [_NAME], JSON)


def _operation(identifier: str, summary: str, description: str, responses: Json) -> Json:
    return {
        "operationId": identifier,
        "tags": ["Logs"],
        "summary": summary,
        "description": f"*Ours.* {description}",
        "responses": responses,
    }


_ROWS: Json = {"type": "array", "items": {"type": "object"}}
LOG_PATHS: Json = {
    "/events/": {"get": _FEED},
    "/logfiles/": {
        "get": _operation(
            "listLogDays",
            "List the days of log files",
            "The UTC dates on which something happened, oldest first.",
            {"200": answer("The dates.", content(list_of(TEXT), [_DATE])), **refusals(401, 500, 503)},
        )
    },
    "/logfiles/{name}/": {
        "parameters": [_FILE_NAME],
        "get": _operation(
            "readLog",
            "List the log files of a day, or read one as CSV",
            "A date is answered with the names of its files, a name with the file without a header line. "
            "Files are compressed where the client accepts gzip.",
            {
                "200": answer(
                    "The names, or the file.",
                    _NAMES | content({"type": "string"}, kind=_CSV),
                    headers=_FILE_HEADERS,
                ),
                **refusals(401, 404, 429, 500, 503),
            },
        ),
    },
    "/logfiles/{name}/{form}/": {
        "parameters": [_FILE_NAME, _FORM],
        "get": _operation(
            "readLogInForm",
            "Read a log file with a header line, as JSON or as XML",
            "The same rows in another form.",
            {
                "200": answer(
                    "The file.",
                    content({"type": "string"}, kind=_CSV)
                    | content(_ROWS, kind=JSON)
                    | content({"type": "string"}, kind=_XML),
                    headers=_FILE_HEADERS,
                ),
                **refusals(401, 404, 429, 500, 503),
            },
        ),
    },
}
