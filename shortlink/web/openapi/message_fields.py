"""What a message to be sent is made of, as a form, as JSON and in a batch."""

from __future__ import annotations

from shortlink.domain.draft import NO, SEEN, YES
from shortlink.web.openapi.words import Json, record, schema

_TEXT: Json = {"type": "string", "pattern": SEEN.pattern}
_SENDER: Json = {"type": "string", "pattern": r"^([A-Za-z0-9]{1,10}|\+?[0-9]{1,15})$"}
_NUMBER: Json = {"type": "integer"}  # JSON's, for the text that it is written as
_DIGITS: Json = _NUMBER | {"minimum": 0, "maximum": 999_999_999_999_999}
_TAGS: Json = {"type": "string"}  # without a format: nearly every text is a list of tags
_TAG: Json = {"type": "string", "maxLength": 64, "format": "tag"}
_TAG_LIST: Json = {"type": "array", "maxItems": 20, "items": {"anyOf": [_TAG, _NUMBER]}}
_URL: Json = {"type": "string", "maxLength": 2000, "format": "callback-url"}
# Without `track_link` it is not even looked at, so any value is taken.
_CLICK_URL: Json = {
    "format": "callback-url",
    "examples": ["https://shop.example.com/clicked"],
}
_YES_OR_NO: Json = {"type": "string", "enum": [*YES, *NO]}  # in any case
_NULL: Json = {"type": "null"}

_MEANING = {
    "message": "The text; at most 660 characters once the short link is in place.",
    "recipient": "E.164 as it is: no trunk 0, no spaces.",
    "sender": "At most 10 ASCII letters and digits, or at most 15 digits with or without `+`.",
    "callbackurl": "Where the final status is told. Private addresses are refused.",
    "tags": "At most 20 of 64 characters, separated by commas; in JSON also an array, in a form also several fields.",
    "track_link": "Swaps the first link of the text for a short link; in JSON also `true` and `false`.",
    "lt_callbackurl": "Where the first click is told; checked as `callbackurl` with `track_link`, ignored without.",
}


def _fields(text: Json, url: Json, click_url: Json, tags: Json, track_link: Json, sender: Json) -> Json:
    shapes = {
        "message": text,
        "recipient": {"type": "string", "format": "e164", "pattern": r"^\+[1-9][0-9]{3,14}$"},
        "sender": sender,
        "callbackurl": url,
        "tags": tags,
        "track_link": track_link,
        "lt_callbackurl": click_url,
    }
    fields = {name: shape | {"description": _MEANING[name]} for name, shape in shapes.items()}
    needed = ("message", "recipient", "sender")
    rest = {name: field for name, field in fields.items() if name not in needed}
    return record({name: fields[name] for name in needed}, rest, "Other fields are ignored.")


FORM_FIELDS = _fields(_TEXT, _URL, _CLICK_URL | {"type": "string"}, _TAGS, _YES_OR_NO, _SENDER)
JSON_FIELDS = _fields(
    text={"anyOf": [_TEXT, _NUMBER]},
    url={"anyOf": [_URL, _NULL]},
    click_url=_CLICK_URL,
    tags={"anyOf": [_TAGS, _TAG_LIST, _NUMBER, _NULL]},
    track_link={"anyOf": [{"type": "boolean"}, _YES_OR_NO, {"type": "integer", "enum": [0, 1]}, _NULL]},
    sender={"anyOf": [_SENDER, _DIGITS]},
)
# The elements are checked one by one, and a wrong one is answered in its place: here anything may stand.
_BATCH = record({"messages": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"anyOf": [JSON_FIELDS, {}]}}})
_REFUSED = record({"errors": schema("FieldFaults")}, description="Nothing was stored of this one.")
SEND_SCHEMAS: Json = {
    "NewMessage": JSON_FIELDS,
    "NewMessageForm": FORM_FIELDS,
    "NewBatch": _BATCH,
    "Refused": _REFUSED,
}
