"""A webhook as a customer asks for it, checked field by field, every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shortlink.domain.callback_url import Network, parse_callback_url
from shortlink.domain.draft import BLANK, MAX_TAG_CHARACTERS, NOT_TEXT, REQUIRED, is_garbled
from shortlink.domain.errors import InvalidFields
from shortlink.domain.event import EventType
from shortlink.domain.webhook import TOLD_OF, Batch

MAX_DESCRIPTION = 200
MOST_IN_BATCH = 100
LONGEST_BATCH_SECONDS = 60.0
HIGHEST_RATE = 200.0
FORMATS = ("json", "form")
_SHOWN_WORDS, _SHOWN_LETTERS = 3, 40  # of what is no event, in the answer
NO_FORM_BATCH = "A batch is an array, which only the format json can hold."
UNKNOWN_FIELD = "There is no such field."


def check_webhook(
    given: Mapping[str, Any],
    *,
    callback_allow: Sequence[Network] = (),
    partial: bool = False,
    format_before: str = "json",
    batch_before: Batch | None = None,
) -> dict[str, Any]:
    """Check the fields of a Webhook as they came: text of a form, or any JSON value.

    `partial` is for a change: absent fields stay, null clears what may be absent. Returns values under the names of
    Webhook's fields. Raises InvalidFields with every fault at once.
    """
    faults = {name: [UNKNOWN_FIELD] for name in given if name not in _CHECKS}
    values: dict[str, Any] = {}
    for name, (ours, check) in _CHECKS.items():
        if name not in given:
            if name in _REQUIRED and not partial:
                faults[name] = [REQUIRED]
            continue
        try:
            values[ours] = _url(given[name], callback_allow) if check is None else check(given[name])
        except ValueError as error:
            faults[name] = [str(error)]
    batch = values.get("batch", batch_before)
    if not faults and batch is not None and values.get("body_format", format_before) == "form":
        faults["batch"] = [NO_FORM_BATCH]
    if faults:
        raise InvalidFields(faults)
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(NOT_TEXT)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(NOT_TEXT) from None
    return value


def _url(value: Any, callback_allow: Sequence[Network]) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError(BLANK)
    return parse_callback_url(text, allowed_networks=callback_allow)


def _events(value: Any) -> tuple[EventType, ...]:
    words = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(words, list):
        words = []
    known = {type_.value: type_ for type_ in TOLD_OF}
    unknown = [word for word in words if not (isinstance(word, str) and word in known)]
    if unknown or not words:
        raise ValueError(f"{_no_events(unknown)}Name at least one of {', '.join(known)}.")
    return tuple(dict.fromkeys(known[word] for word in words))


def _no_events(unknown: Sequence[object]) -> str:
    """Name the first few words that are no events, shortened; whatever is no text is not repeated."""
    named = [ascii(word[:_SHOWN_LETTERS]) for word in unknown if isinstance(word, str) and word]
    if not named:
        return "Only texts can be events. " if unknown and any(not isinstance(word, str) for word in unknown) else ""
    return f"There is no event {', '.join(named[:_SHOWN_WORDS])}{' …' if len(named) > _SHOWN_WORDS else ''}. "


def _format(value: Any) -> str:
    if value not in FORMATS:
        raise ValueError("Must be json or form.")
    return str(value)


def _tag(value: Any) -> str | None:
    if value is None:
        return None
    tag = _text(value).strip()
    if len(tag) > MAX_TAG_CHARACTERS or "," in tag or is_garbled(tag):
        raise ValueError(f"One tag of at most {MAX_TAG_CHARACTERS} characters, without a comma.")
    return tag or None


def _description(value: Any) -> str:
    text = "" if value is None else _text(value).strip()
    if len(text) > MAX_DESCRIPTION or is_garbled(text):
        raise ValueError(f"At most {MAX_DESCRIPTION} characters on one line.")
    return text


def _batch(value: Any) -> Batch | None:
    if value is None or value == "":
        return None
    wrong = f'From 2 to {MOST_IN_BATCH} events ("most"), which wait for 0 to {LONGEST_BATCH_SECONDS:g} "seconds".'
    if not isinstance(value, dict) or set(value) - {"most", "seconds"}:
        raise ValueError(wrong)
    most, seconds = value.get("most", MOST_IN_BATCH), value.get("seconds", 1)
    if not _is_number(most, 2, MOST_IN_BATCH) or most != int(most) or not _is_number(seconds, 0, LONGEST_BATCH_SECONDS):
        raise ValueError(wrong)
    return Batch(most=int(most), seconds=float(seconds))


def _rate(value: Any) -> float:
    wrong = f"A number of calls a second from 0.1 to {HIGHEST_RATE:g}."
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(wrong) from None
    if not _is_number(number, 0.1, HIGHEST_RATE):
        raise ValueError(wrong)
    return float(number)


def _is_number(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


_REQUIRED = frozenset({"url", "events"})
_CHECKS: dict[str, tuple[str, Callable[[Any], Any] | None]] = {  # None: a URL, whose check needs the allowed ranges
    "url": ("url", None),
    "events": ("events", _events),
    "format": ("body_format", _format),
    "tag": ("tag", _tag),
    "description": ("description", _description),
    "batch": ("batch", _batch),
    "rate": ("rate", _rate),
}
