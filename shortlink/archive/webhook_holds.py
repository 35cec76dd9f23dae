"""Until when webhooks are told nothing because their receivers keep failing: known to one process, shown by others."""

from __future__ import annotations

from collections.abc import Mapping

from shortlink.archive.database import Archive
from shortlink.archive.rows import LISTED, as_list


class WebhookHolds:
    """The ends of the pauses that the process which tells webhooks makes by itself."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def note(self, held: Mapping[str, int], *, now: int) -> None:
        """Note until when (UTC ms) each of these webhooks is held back; one whose pause is noted stays as it is."""
        query = f"SELECT webhook FROM webhook_positions WHERE held_until > ? AND webhook IN {LISTED}"
        with self._archive.reading() as rows:
            noted = {row["webhook"] for row in rows.execute(query, (now, as_list(held)))}
        if fresh := [(until, webhook) for webhook, until in held.items() if webhook not in noted]:
            with self._archive.writing() as rows:
                rows.executemany("UPDATE webhook_positions SET held_until = ? WHERE webhook = ?", fresh)
