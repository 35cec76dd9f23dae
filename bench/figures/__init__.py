"""The figures, one a module, each a function from a Run to a Finding; a new one is a module and a line here."""

from __future__ import annotations

from bench.figures import accept, callback, generator, memory, redirect
from bench.run import Figure

FIGURES: dict[str, Figure] = {
    "generator": generator.measure,
    "accept": accept.measure,
    "redirect": redirect.measure,
    "callback": callback.measure,
    "memory": memory.measure,
}
