"""What happened in a period, as one row of figures."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from typing import Any

from shortlink.archive.figure_names import MICROS


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What happened in a period. `clicked` counts links with their first click, `clicks` every click that counts.

    `delivered_linked` counts the messages delivered in the period that had a link, and `delivered_clicked` those of
    them that have been clicked by now, whenever that was.
    `segments` and `cost` are of the messages accepted in the period, whatever became of them.
    `plain_clicks` are those of the clicks that came from plain HTTP clients: curl, scripts, an empty agent.
    """

    accepted: int = 0
    attempts: int = 0
    submitted: int = 0
    delivered: int = 0
    failed: int = 0
    unconfirmed: int = 0
    received: int = 0
    clicked: int = 0
    clicks: int = 0
    delivered_linked: int = 0
    delivered_clicked: int = 0
    plain_clicks: int = 0
    previews: int = 0
    prefetches: int = 0
    scanners: int = 0
    heads: int = 0
    unknowns: int = 0  # plain clients, where they do not count as clicks
    callbacks: int = 0
    callback_errors: int = 0
    unsubscribed: int = 0
    resubscribed: int = 0
    segments: int = 0
    cost_micros: int = 0

    @property
    def cost(self) -> float:
        """What the messages cost, in the installation's money."""
        return self.cost_micros / MICROS

    @property
    def machine_hits(self) -> int:
        """Hits that do not count as clicks, as each message counts them: without HEAD, which follows no link."""
        return self.previews + self.prefetches + self.scanners + self.unknowns


NAMES = tuple(spec.name for spec in fields(Totals))
SUMS = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in NAMES)


def totals_of(row: sqlite3.Row) -> Totals:
    """Read the figures out of a row that may have other columns as well."""
    values: dict[str, Any] = dict(row)
    return Totals(**{name: values[name] for name in NAMES})
