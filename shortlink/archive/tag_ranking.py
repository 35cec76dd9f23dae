"""The tags of a period beside each other, in the order of one of their figures."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

from shortlink.archive.spans import spans

TagOrder = Literal["tag", "accepted", "delivered", "clicked", "clicks", "rate", "segments", "cost_micros"]
_USED: Final = "SELECT DISTINCT tag FROM whole_days WHERE account = ? AND tag <> ''"
_RATE: Final = "1.0 * delivered_clicked / nullif(delivered_linked, 0)"


def used_tags(connection: sqlite3.Connection, account: int, *, limit: int) -> list[str]:
    """List the tags that an account has used, in order of the alphabet."""
    rows = connection.execute(f"{_USED} ORDER BY tag LIMIT ?", (account, limit))
    return [row["tag"] for row in rows]


def rank_tags(
    connection: sqlite3.Connection,
    account: int,
    *,
    names: tuple[str, ...],
    since: int,
    until: int,
    by: TagOrder,
    rising: bool,
    limit: int,
) -> list[sqlite3.Row]:
    """Add up these figures of each tag of which anything happened; a tag that has no rate comes last."""
    parts, values = [], []
    for table, begin, end in spans(since, until):
        # Tag by tag, because the rows of a tag stand together, in order of time.
        found = f"CROSS JOIN {table} ON account = ? AND {table}.tag = used.tag AND at >= ? AND at < ?"
        parts.append(f"SELECT {', '.join(('used.tag', *names))} FROM ({_USED}) AS used {found}")
        values += [account, account, begin, end]
    sums = ", ".join(f"sum({name}) AS {name}" for name in names)
    query = (
        f"SELECT * FROM (SELECT tag, {sums} FROM ({' UNION ALL '.join(parts)}) GROUP BY tag)"
        f" ORDER BY {_order(by, rising=rising)}, clicked DESC, clicks DESC, accepted DESC, tag LIMIT ?"
    )
    return connection.execute(query, (*values, limit)).fetchall()


def _order(by: TagOrder, *, rising: bool) -> str:
    value = _RATE if by == "rate" else by
    return f"({value}) IS NULL, {value} {'ASC' if rising else 'DESC'}"
