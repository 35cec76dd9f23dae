"""What each webhook is owed: its place in the order of events, the POSTs to make, and how each ended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.places import events_at, holds_later_types
from shortlink.archive.rows import LISTED, as_list, marks
from shortlink.archive.webhook_attempts import Claimed, Outcome, failure_of, keep_attempt
from shortlink.domain.webhook import DeliveryState

PENDING = DeliveryState.PENDING.value
EXHAUSTED = DeliveryState.EXHAUSTED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One POST that is to be made: its id, and the places of its events, none for a test."""

    id: str
    places: tuple[int, ...]


class WebhookDeliveries:
    """The deliveries of all webhooks. Each method is one transaction: a kill leaves it done or not begun."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._events = EventLog(archive)

    def place_of(self, webhook: str) -> int | None:
        """Say up to which place a webhook's events have become deliveries; None for a new one."""
        with self._archive.reading() as rows:
            found = rows.execute("SELECT after FROM webhook_positions WHERE webhook = ?", (webhook,)).fetchone()
            return int(found["after"]) if found else None

    def owe(self, webhook: str, owed: Sequence[Owed], *, before: int | None, after: int, now: int) -> bool:
        """Move a webhook on from one place to another and keep what it is owed for what lies between.

        False, and nothing is changed, when somebody else has moved it.
        """
        with self._archive.writing() as rows:
            if before is None:
                query = "INSERT OR IGNORE INTO webhook_positions (webhook, after) VALUES (?, ?)"
                moved = rows.execute(query, (webhook, after)).rowcount
            else:
                query = "UPDATE webhook_positions SET after = ? WHERE webhook = ? AND after = ?"
                moved = rows.execute(query, (after, webhook, before)).rowcount
            if moved:
                _insert(rows, webhook, owed, now)
            return bool(moved)

    def owe_again(self, webhook: str, owed: Sequence[Owed], *, now: int) -> None:
        """Owe deliveries once more, as if new, with the ids they had; what is still owed goes on as it is."""
        with self._archive.writing() as rows:
            _insert(rows, webhook, owed, now)

    def pending(self, webhooks: Collection[str], *, now: int) -> dict[str, tuple[int, int]]:
        """Count what each of these webhooks is owed, in all and due now; those that are owed nothing are left out."""
        with self._archive.reading() as rows:
            found = rows.execute(
                f"SELECT webhook, count(*) AS size, sum(due_at <= ?) AS due FROM webhook_deliveries"
                f" WHERE state = '{PENDING}' AND webhook IN ({marks(webhooks)}) GROUP BY webhook",
                (now, *webhooks),
            )
            return {row["webhook"]: (row["size"], row["due"]) for row in found}

    def claim(
        self,
        wanted: Mapping[str, int],
        *,
        accounts: Mapping[str, str],
        now: int,
        lease_ms: int,
        most_tries: int,
        singly: Collection[str] = (),
    ) -> list[Claimed]:
        """Take due deliveries to try them, at most so many of each webhook; the tries are counted here.

        A batch for one of `singly`, which take none any more, is not taken but becomes a delivery of each event. The
        longest due come first. Of a webhook whose every try fails, those that were tried before do: a receiver
        that is left alone gets one try at a time, and one that takes a second try well would wait for its end long.

        One whose last try ended with the process that made it has had all its tries; that is kept as an attempt, and
        as an event for the account of the webhook. One that tells of later types is left to a later version.
        """
        claimed: list[Claimed] = []
        with self._archive.writing() as rows:
            for webhook, most in wanted.items():
                for row in _due(rows, webhook, now, "tries - spared >= ?", most_tries, -1):
                    self._give_up(rows, _claimed(rows, webhook, row, number=row["tries"]), accounts[webhook], now)
                for row in _due(rows, webhook, now, "tries - spared < ?", most_tries, most):
                    is_ours = not holds_later_types(rows, json.loads(row["places"]))
                    if is_ours and webhook in singly and _split(rows, webhook, row, now):
                        continue
                    change = "UPDATE webhook_deliveries SET tries = tries + ?, due_at = ? WHERE n = ?"
                    rows.execute(change, (int(is_ours), now + lease_ms, row["n"]))
                    if is_ours:
                        claimed.append(_claimed(rows, webhook, row, number=row["tries"] + 1))
        return claimed

    def _give_up(self, rows: sqlite3.Connection, died: Claimed, account: str, now: int) -> None:
        """End a delivery whose last try nobody finished; dated now, since the day of the try may be over."""
        rows.execute(f"UPDATE webhook_deliveries SET state = '{EXHAUSTED}' WHERE n = ?", (died.n,))
        outcome = Outcome(at=now, duration_ms=0, state=DeliveryState.EXHAUSTED, error="died")
        self._events.add(rows, [failure_of(died, outcome, account, keep_attempt(rows, died, outcome))])

    def finish(self, claimed: Claimed, outcome: Outcome, *, account: str) -> bool:
        """Keep what came of a try and what follows from it. False when the claim was stale.

        Of a stale claim only a good end counts; the attempt is kept either way, and one that failed is an event too,
        for the log files of the account.
        """
        arrived = outcome.state is DeliveryState.DELIVERED
        with self._archive.writing() as rows:
            change = (
                "UPDATE webhook_deliveries SET state = ?, due_at = ? WHERE n = ?"
                f" AND state = '{PENDING}' AND (tries = ? OR ?)"
            )
            values = (outcome.state.value, outcome.due_at, claimed.n, claimed.number, arrived)
            changed = rows.execute(change, values).rowcount
            number = keep_attempt(rows, claimed, outcome)
            if not arrived:
                self._events.add(rows, [failure_of(claimed, outcome, account, number)])
            if outcome.state is not DeliveryState.DROPPED:  # nothing was sent, so it says nothing of the receiver
                _note_health(rows, claimed.webhook, outcome.at, arrived=arrived)
            return bool(changed)

    def bring_forward(self, webhook: str, *, clock: Callable[[], int], lease_ms: int) -> None:
        """Make what a webhook is owed due now, because it has been resumed, and forget how long it failed.

        The tries that are made so use up none. What is due within a lease keeps its time: it may be under way.
        """
        with self._archive.writing() as rows:
            now = clock()  # not before: another process may have claimed some while this one waited for the archive
            rows.execute("UPDATE webhook_positions SET failing_since = NULL WHERE webhook = ?", (webhook,))
            change = (
                "UPDATE webhook_deliveries SET due_at = ?, spared = spared + 1"
                f" WHERE webhook = ? AND state = '{PENDING}' AND due_at > ?"
            )
            rows.execute(change, (now, webhook, now + lease_ms))

    def failing_since(self, webhook: str) -> int | None:
        """Say since when every try of a webhook failed; None while tries arrive."""
        with self._archive.reading() as rows:
            return _failing_since(rows, webhook)

    def tidy(self, *, before: int) -> None:
        """Forget ended deliveries and attempts that are older."""
        with self._archive.writing() as rows:
            rows.execute(f"DELETE FROM webhook_deliveries WHERE made_at < ? AND state <> '{PENDING}'", (before,))
            rows.execute("DELETE FROM webhook_attempts WHERE at < ?", (before,))

    def forget_missing(self, webhooks: Collection[str], *, now: int, missing_before: int) -> None:
        """Note which webhooks are none of these, and forget those that were none at every look since before a time."""
        with self._archive.writing() as rows:
            rows.execute(f"DELETE FROM webhooks_missing WHERE webhook IN {LISTED}", (as_list(webhooks),))
            rows.execute(
                "INSERT OR IGNORE INTO webhooks_missing SELECT webhook, ? FROM ("
                "SELECT webhook FROM webhook_positions UNION"
                f" SELECT webhook FROM webhook_deliveries WHERE state = '{PENDING}')"
                f" WHERE webhook NOT IN {LISTED}",
                (now, as_list(webhooks)),
            )
            gone = rows.execute("SELECT webhook FROM webhooks_missing WHERE since < ?", (missing_before,)).fetchall()
            for table in ("webhook_deliveries", "webhook_attempts", "webhook_positions", "webhooks_missing"):
                rows.executemany(f"DELETE FROM {table} WHERE webhook = ?", [(row["webhook"],) for row in gone])


def _insert(rows: sqlite3.Connection, webhook: str, owed: Iterable[Owed], now: int) -> None:
    rows.executemany(
        "INSERT INTO webhook_deliveries (webhook, id, places, state, due_at, made_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (webhook, id) DO UPDATE SET places = excluded.places, state = excluded.state, tries = 0,"
        f" spared = 0, due_at = excluded.due_at, made_at = excluded.made_at WHERE state <> '{PENDING}'",
        [(webhook, one.id, json.dumps(one.places), PENDING, now, now) for one in owed],
    )


def _split(rows: sqlite3.Connection, webhook: str, row: sqlite3.Row, now: int) -> bool:
    """Owe the events of a batch one by one instead; False for what is none, or none any more."""
    places = json.loads(row["places"])
    events = events_at(rows, places) if len(places) > 1 else []
    if events:
        rows.execute("DELETE FROM webhook_deliveries WHERE n = ?", (row["n"],))
        _insert(rows, webhook, [Owed(id=event.id, places=(event.seq,)) for event in events], now)
    return bool(events)


def _due(rows: sqlite3.Connection, webhook: str, now: int, tried: str, tries: int, most: int) -> list[sqlite3.Row]:
    order = "tries = 0, due_at, n" if _failing_since(rows, webhook) else "due_at, n"
    query = (
        "SELECT n, id, places, tries, spared FROM webhook_deliveries"
        f" WHERE webhook = ? AND state = '{PENDING}' AND due_at <= ? AND {tried} ORDER BY {order} LIMIT ?"
    )
    return rows.execute(query, (webhook, now, tries, most)).fetchall()


def _failing_since(rows: sqlite3.Connection, webhook: str) -> int | None:
    query = "SELECT failing_since FROM webhook_positions WHERE webhook = ?"
    found = rows.execute(query, (webhook,)).fetchone()
    return found["failing_since"] if found else None


def _claimed(rows: sqlite3.Connection, webhook: str, row: sqlite3.Row, *, number: int) -> Claimed:
    places = json.loads(row["places"])
    return Claimed(
        n=row["n"],
        webhook=webhook,
        id=row["id"],
        number=number,
        events=tuple(events_at(rows, places)) if places else (),
        is_test=not places,
        spared=row["spared"],
    )


def _note_health(rows: sqlite3.Connection, webhook: str, at: int, *, arrived: bool) -> None:
    if arrived:
        change = "UPDATE webhook_positions SET failing_since = NULL, arrived_at = ? WHERE webhook = ?"
    else:
        change = "UPDATE webhook_positions SET failing_since = coalesce(failing_since, ?) WHERE webhook = ?"
    rows.execute(change, (at, webhook))
