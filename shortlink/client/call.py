"""A call of the API as a value: what to ask for, and how to read the answer. The clients only carry it over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from shortlink.client.errors import Answer, ClientError, ConnectionFailed, InvalidArgument, error_of

T = TypeVar("T")


class NoIdentifier(InvalidArgument):
    """A name was given that cannot be one of this API's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request.

    `repeatable` says that a second one would do no second thing, `of_many` that it is a part of a crowd, `goes_on`
    that other parts came before it.
    """

    method: str
    path: str
    read: Callable[[Answer], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    of_many: bool = False
    goes_on: bool = False

    @property
    def body(self) -> bytes | None:
        """The body, which is always JSON. Raises InvalidArgument for what JSON cannot hold."""
        if self.content is None:
            return None
        try:
            text = json.dumps(self.content, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidArgument(f"{self.method} {self.path}: {error}") from error
        # Half a surrogate pair has no UTF-8; escaped, as JSON does it too, it comes to the service, which says what is
        # wrong. Escaping all that is not ASCII would double a text in Japanese, and a thousand would not fit.
        return text.encode("utf-8", "backslashreplace")

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers, with the body's type when there is a body."""
        return {**self.headers, **({} if self.content is None else {"Content-Type": "application/json"})}

    def unsendable(self, fault: Exception) -> InvalidArgument:
        """Make the error for a fault that the HTTP library found before anything was sent: no second try mends it."""
        return InvalidArgument(f"{self.method} {self.path}: {_in_words(fault)}")

    def finish(self, answer: Answer | None, failure: Exception | None) -> T:
        """Read the last answer. Raises the error that it stands for, or ConnectionFailed when there was none."""
        if answer is None:
            raise ConnectionFailed(f"{self.method} {self.path}: {_in_words(failure)}") from failure
        if not 200 <= answer.status < 300:
            raise error_of(answer, self.path)
        try:
            return self.read(answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ClientError(
                f"{self.method} {self.path}: the answer has another shape than this API's; is it at this address?"
            ) from error


def _in_words(failure: Exception | None) -> str:
    return f"{type(failure).__name__}: {failure}" if failure else "no answer"


def read_json(answer: Answer) -> Any:
    """Read the body of an answer."""
    return json.loads(answer.body)


def read_nothing(_: Answer) -> None:
    """Read nothing from an answer whose status says it all."""


def words(given: str | Iterable[str]) -> list[str]:
    """Take words as the API does: a text is cut at its commas, or it would become as many words as it has letters."""
    if isinstance(given, str):
        return [word for part in given.split(",") if (word := part.strip())]
    return list(given)


def utc(moment: datetime) -> datetime:
    """Read a time in UTC; one without a zone counts as UTC, as in the API. Raises InvalidArgument for what is none."""
    if not isinstance(moment, datetime):
        raise InvalidArgument(f"a time is a datetime, not {moment!r}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def utc_day(day: date) -> str:
    """Write a day as the API does; of a time it is the UTC day. Raises InvalidArgument for what is none."""
    if not isinstance(day, date):
        raise InvalidArgument(f"a day is a date or a datetime, not {day!r}")
    return (utc(day).date() if isinstance(day, datetime) else day).isoformat()


def part(text: str) -> str:
    """Check what becomes a part of a path: anything but a plain identifier would lead to another address."""
    if not isinstance(text, str):
        raise NoIdentifier(f"{text!r} is no identifier of this API, which is a text")
    if not text or not text.replace("-", "").replace("_", "").replace(".", "").isalnum() or text.strip(".") == "":
        raise NoIdentifier(f"{text!r} is no identifier of this API")
    return text
