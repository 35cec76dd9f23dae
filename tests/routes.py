"""Flask apps by the hundred: nearly every test of the pages and the API makes its own, with all its routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_each_route_once() -> None:
    """Let Werkzeug keep what it compiles of a route, half a millisecond each time, for the same route of the next app.

    It hangs on the route alone, as long as that has no defaults.
    """
    kept: dict[tuple[object, ...], Builder] = {}
    compile_builder: Callable[..., Builder] = Rule._compile_builder

    def compile_or_take(rule: Any, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, append_unknown, *rule._trace)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = compile_or_take  # type: ignore[assignment, method-assign]
