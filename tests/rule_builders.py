"""Compile how a rule's address is built once in a test process, and not for every app of every test.

For each rule of an app werkzeug writes two functions, parses and compiles them, which is nine tenths of what making an
app costs, and nearly every test of the doors makes one, with the same rules. A function depends on the rule's words
alone, and is handed the rule it is called for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_made: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _made:
        _made[key] = _compile(rule, append_unknown)
    return _made[key]


def share_builders() -> None:
    """Let all apps of this process share them; a second call changes nothing."""
    Rule._compile_builder = _compile_once  # type: ignore[method-assign,assignment]
