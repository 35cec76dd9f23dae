"""What tests need of a Python that has a known fault."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator

import pytest
from werkzeug.routing import Map, Rule


def parse_within(calls: int) -> None:
    """Make a syntax tree from that many calls further down, as a finalizer does that logs a traceback."""
    if calls:
        parse_within(calls - 1)
    else:
        ast.parse("a + b")


@pytest.fixture
def parsing_collector() -> Iterator[None]:
    """Let the collector run all the time, and each of its runs make a syntax tree."""
    busy = False

    def parse(phase: str, _: dict[str, int]) -> None:
        nonlocal busy
        if phase == "start" and not busy:
            busy = True
            parse_within(16)
            busy = False

    thresholds = gc.get_threshold()
    gc.callbacks.append(parse)
    gc.set_threshold(5)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(parse)


@pytest.mark.usefixtures("parsing_collector")
def test_routes_are_made_while_finalizers_make_syntax_trees() -> None:
    made = Map([Rule(f"/{number}/<code>/", endpoint="links") for number in range(50)])
    assert len(list(made.iter_rules())) == 50
