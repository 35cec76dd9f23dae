"""The addresses that links of a period lead to, in the order of their clicks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final, Literal

from shortlink.archive.spans import spans

LinkOrder = Literal["clicked", "clicks"]
_ORDERS: Final[dict[LinkOrder, str]] = {
    "clicked": "clicked DESC, clicks DESC",
    "clicks": "clicks DESC, clicked DESC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFigures:
    """How often the links to one address were clicked; without what followed its `?` or `#`."""

    link: str
    clicked: int
    clicks: int


def rank_links(
    connection: sqlite3.Connection,
    account: int,
    *,
    since: int,
    until: int,
    tag: str | None,
    by: LinkOrder,
    limit: int,
) -> list[LinkFigures]:
    """Add up the clicks of each address, those with the most first."""
    parts, values = [], []
    for table, begin, end in spans(since, until, hours="link_hours", days="link_days"):
        parts.append(f"SELECT link, clicked, clicks FROM {table} WHERE account = ? AND tag = ? AND at >= ? AND at < ?")
        values += [account, tag or "", begin, end]
    query = (
        "SELECT link, sum(clicked) AS clicked, sum(clicks) AS clicks"
        f" FROM ({' UNION ALL '.join(parts)}) GROUP BY link ORDER BY {_ORDERS[by]}, link LIMIT ?"
    )
    return [LinkFigures(**dict(row)) for row in connection.execute(query, (*values, limit))]
