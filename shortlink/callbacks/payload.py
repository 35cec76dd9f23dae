"""The body of a callback: the fields as a form or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

BodyFormat = Literal["form", "json"]
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"


def encode_body(fields: Mapping[str, object], format: BodyFormat) -> tuple[str, str]:  # noqa: A002
    """Write fields as a body and name its content type.

    A form is flat: nothing is an empty value, a truth is `true` or `false`, a list of texts is joined by commas.
    JSON keeps the values as they are. Half a surrogate pair, which JSON requests can smuggle into any text,
    becomes `?`: the body can always be sent as UTF-8.
    """
    if format == "json":
        text = json.dumps(fields, ensure_ascii=False)
        return text.encode(errors="replace").decode(), JSON_TYPE
    flat = {name: _form_value(value) for name, value in fields.items()}
    return urlencode(flat, errors="replace"), FORM_TYPE


def _form_value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(value)
    return str(value)
