"""Read many records in one round trip, each as well as it can be read: a damaged one keeps nobody from the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from redis.exceptions import RedisError, ResponseError

from shortlink.domain.errors import RecordUnreadable
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.faults import translate
from shortlink.storage.steps import Command

T = TypeVar("T")
NO_HASH = "it is no hash"
NO_TEXT = "one of its fields is no text"
Unpack = Callable[[str, Any], T]  # of a code and what the store answers; raises RecordUnreadable


def read_records(
    store: Store, codes: Collection[str], unpack: Unpack[T], *fields: str
) -> Iterator[T | RecordUnreadable]:
    """Read whole records, or some fields of each; those that are gone are left out, a damaged one is told and noted."""
    asked: list[Command] = [
        ("HMGET", keys.record(code), *fields) if fields else ("HGETALL", keys.record(code)) for code in codes
    ]
    for code, answer in zip(codes, ask_each(store, asked), strict=True):
        try:
            if isinstance(answer, Exception):
                raise unreadable(store, code, answer)
            if any(answer):
                yield unpack(code, answer)
        except RecordUnreadable as error:
            store.unreadable.note(error)
            yield error


def read_record(store: Store, code: str, unpack: Unpack[T]) -> T | None:
    """Read one record; None when it is gone. Raises RecordUnreadable, which is noted."""
    found = next(read_records(store, [code], unpack), None)
    if isinstance(found, RecordUnreadable):
        raise found
    return found


def unreadable(store: Store, code: str, error: Exception) -> RecordUnreadable:
    """Say that a record cannot be read for what was raised instead of an answer, and whose it is if that can be."""
    if not isinstance(error, UnicodeDecodeError):
        return RecordUnreadable(code, NO_HASH)
    account = _ask(store, ("HGET", keys.record(code), "a"))
    return RecordUnreadable(code, NO_TEXT, account=account if isinstance(account, str) else "")


@contextmanager
def noting_damage(store: Store, code: str) -> Iterator[None]:
    """Note what cannot be read of a record, also what a script cannot do with it, and raise it as RecordUnreadable."""
    try:
        yield
    except RecordUnreadable as error:
        store.unreadable.note(error)
        raise
    except (ResponseError, UnicodeDecodeError) as error:
        if isinstance(error, ResponseError) and store.type(keys.record(code)) in ("hash", "none"):
            raise  # a fault of ours
        damage = unreadable(store, code, error)
        store.unreadable.note(damage)
        raise damage from None


def ask_each(store: Store, commands: Sequence[Command]) -> list[Any]:
    """Ask for several things in one round trip; what cannot be read is answered by the error that says why."""
    pipe = store.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command)  # type: ignore[no-untyped-call]
    try:
        answers = [_checked(answer) for answer in pipe.execute(raise_on_error=False)]
    except UnicodeDecodeError:  # of one of them; which, nobody says
        answers = [_ask(store, command) for command in commands]
    return answers


def _checked(answer: Any) -> Any:
    if isinstance(answer, RedisError) and (error := translate(answer)) is not answer:
        raise error
    return answer


def _ask(store: Store, command: Command) -> Any:
    try:
        return store.execute_command(*command)
    except (ResponseError, UnicodeDecodeError) as error:
        return error
