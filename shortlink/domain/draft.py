"""A draft: what a customer asks to be sent, checked field by field, every fault at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlink.domain.callback_url import Network, parse_callback_url
from shortlink.domain.errors import InvalidFields
from shortlink.domain.phone import parse_recipient, valid_sender

MAX_CHARACTERS = 660  # Xoxzo's bound, as is what is said beyond it; the tags are ours
MAX_TAGS = 20
MAX_TAG_CHARACTERS = 64
REQUIRED = "This field is required."
BLANK = "This field may not be blank."
NOT_TEXT = "Not a valid string."
NOT_BOOLEAN = "Must be a valid boolean."
YES = ("true", "1", "yes", "on", "y", "t")  # Django REST framework's, in whose words Xoxzo's API answers
NO = ("false", "0", "no", "off", "n", "f", "")
LOST_PLUS = "It begins with a space: in a form, write + as %2B."
NO_PLUS = 'A JSON number has no +: send it in quotes, such as "+818011234567".'
TOO_LONG = "Message too long"
# What a phone shows of a text: all but blanks, control characters, marks without width, and letters that only fill a
# place. An SMS without any costs as much as another. JavaScript reads this too, as the API's description has it.
SEEN = re.compile(
    r"[^\s\x01-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]"
)


Further = Callable[[Mapping[str, Any]], Mapping[str, list[str]]]  # the faults of fields that were checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as asked for; every value has been checked."""

    text: str
    recipient: str
    sender: str
    tags: tuple[str, ...] = ()
    tracked: bool = False
    report_url: str | None = None
    click_url: str | None = None


def _nothing(_: Mapping[str, Any]) -> Mapping[str, list[str]]:
    return {}


def check_draft(
    given: Mapping[str, Any], *, callback_allow: Sequence[Network] = (), further: Further = _nothing
) -> Draft:
    """Check the fields of a Draft as they came off the wire: text, or any JSON value.

    Absent optional fields, and optional ones that are null or empty, mean their default. Raises InvalidFields
    with every fault at once, under the names of Draft's fields. Where there is one, `further` is asked what else is
    wrong with the fields that are right in themselves.
    """
    faults: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        value = given.get(name)
        if value is None:
            if name in _REQUIRED:
                faults[name] = [REQUIRED]
            continue
        if name == "click_url" and not values.get("tracked") and "tracked" not in faults:
            continue  # without tracking nobody will ever be called
        try:
            values[name] = check(value) if check else _url(value, callback_allow)
        except ValueError as error:
            faults[name] = [str(text) for text in error.args]
    if faults:
        if "tracked" not in faults:
            values.setdefault("tracked", False)
        raise InvalidFields({**further(values), **faults})
    return Draft(**values)


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # of JSON; a fraction could come out otherwise than it was written
    if not isinstance(value, str):
        raise ValueError(NOT_TEXT)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # a lone surrogate from a JSON escape: no SMS and no store can hold it
            raise ValueError(NOT_TEXT) from None
    return value


def _message(value: Any) -> str:
    text = _text(value)
    if SEEN.search(text) is None:
        raise ValueError(BLANK)
    if "\x00" in text:
        raise ValueError("Null characters are not allowed.")
    return text


def _recipient(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError(BLANK)
    try:
        return parse_recipient(text)
    except ValueError:
        hint = _hint(text) if isinstance(value, str) else (NO_PLUS,)
        raise ValueError("Invalid recipient", *hint) from None


def _sender(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError(BLANK)
    if not valid_sender(text):
        raise ValueError("Invalid sender", *_hint(text))
    return text


def _hint(number: str) -> tuple[str, ...]:
    """Say what became of a + that a form took for a space, as nearly everybody's first try with curl does."""
    return (LOST_PLUS,) if number[0] == " " and number[1:].isdecimal() else ()


def _tags(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value).split(",")
    tags = tuple(tag for tag in (_text(part).strip() for part in parts) if tag)
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in tags):
        raise ValueError(f"At most {MAX_TAGS} tags of {MAX_TAG_CHARACTERS} characters each.")
    if any("," in tag or is_garbled(tag) for tag in tags):
        raise ValueError("A tag may not hold a comma, a line break or a control character.")
    return tags


def is_garbled(text: str) -> bool:
    """Whether a text holds what no line can show: control characters, line breaks, marks that turn the direction.

    Spaces of all kinds are fine, and so are the joiners of emoji and of Persian.
    """
    if text.isprintable():
        return False
    return any(one in _TURNS_DIRECTION or unicodedata.category(one) in _NOT_IN_A_LINE for one in text)


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower() if isinstance(value, str | int) else None  # of JSON, true and 1, too
    if word in NO:
        return False
    if word in YES:
        return True
    raise ValueError(NOT_BOOLEAN)


def _url(value: Any, callback_allow: Sequence[Network]) -> str | None:
    text = _text(value)
    return parse_callback_url(text, allowed_networks=callback_allow) if text.strip() else None


_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})
_TURNS_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REQUIRED = frozenset({"text", "recipient", "sender"})
_CHECKS: dict[str, Callable[[Any], Any] | None] = {  # None: a callback URL, whose check needs the allowed ranges
    "text": _message,
    "recipient": _recipient,
    "sender": _sender,
    "tags": _tags,
    "tracked": _boolean,
    "report_url": None,
    "click_url": None,
}
