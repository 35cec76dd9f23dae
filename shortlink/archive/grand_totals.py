"""What all accounts together have done since the archive began."""

from __future__ import annotations

from shortlink.archive.database import Archive
from shortlink.archive.totals import SUMS, Totals
from shortlink.archive.webhook_deliveries import PENDING

# Account by account, so that the rows of tags are stepped over.
_TOTALS = f"SELECT {SUMS} FROM accounts CROSS JOIN whole_days ON account = accounts.n AND tag = ''"
_OLDEST = (
    "SELECT min((SELECT min(accepted_at) FROM messages WHERE account = accounts.n AND status = letter.status))"
    " FROM accounts CROSS JOIN (SELECT 'a' AS status UNION SELECT 'b' UNION SELECT 'k') AS letter"
)


def grand_totals(archive: Archive) -> Totals:
    """Add up every day of every account. Raises ArchiveUnavailable."""
    with archive.reading() as connection:
        return Totals(**dict(connection.execute(_TOTALS).fetchone()))


def webhook_debt(archive: Archive) -> tuple[int, int | None]:
    """Count the deliveries that webhooks are owed, and say when the first of them is due."""
    with archive.reading() as connection:
        query = f"SELECT count(*), min(due_at) FROM webhook_deliveries WHERE state = '{PENDING}'"
        count, first = connection.execute(query).fetchone()
    return int(count), first


def oldest_unsent_at(archive: Archive) -> int | None:
    """Say when the oldest message was accepted that the carrier does not have for sure; None when there is none."""
    with archive.reading() as connection:
        found = connection.execute(_OLDEST).fetchone()[0]
    return None if found is None else int(found)
