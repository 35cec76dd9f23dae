"""Load the Lua scripts and call them by name."""

from __future__ import annotations

from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from shortlink.storage.connection import Store
from shortlink.storage.steps import Command, Steps

_FLAGS = "#!lua "  # begins a script that the store is to treat otherwise; has to be its first line


@cache
def source(name: str) -> str:
    """Read a script by name, what all share put before it."""
    clock, event, own = (_read(part) for part in ("clock", "event", name))
    if not own.startswith(_FLAGS):
        return clock + event + own
    flags, line_end, own = own.partition("\n")
    return flags + line_end + clock + event + own


def _read(part: str) -> str:
    return (files("shortlink.storage") / "lua" / f"{part}.lua").read_text(encoding="utf-8")


class Script:
    """One Lua script, callable on a store; loads itself whenever the store does not know it."""

    def __init__(self, store: Store, name: str) -> None:
        self._line = store.line
        self._source = source(name)
        self._sha = sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: list[str], args: list[Any]) -> Any:
        return self._line.perform(self.steps(keys, args))

    def command(self, keys: list[str], args: list[Any]) -> Command:
        """Write the command that `steps` begins with; it fails in a store that does not know the script yet."""
        return ("EVALSHA", self._sha, len(keys), *keys, *args)

    def steps(self, keys: list[str], args: list[Any]) -> Steps[Any]:
        """Call the script as a part of a larger operation."""
        try:
            return (yield self.command(keys, args))
        except NoScriptError:
            return (yield ("EVAL", self._source, len(keys), *keys, *args))

    def call_many(self, calls: list[tuple[list[str], list[Any]]]) -> list[Any]:
        """Run the script for each (keys, args) in one round trip; each call is atomic, the whole is not."""
        answers: list[Any] = self._line.perform_many([self.steps(keys, args) for keys, args in calls])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers


def clock(now: int | None) -> str:
    """Write a time for a script; None asks for the store's own clock."""
    return "" if now is None else str(now)
