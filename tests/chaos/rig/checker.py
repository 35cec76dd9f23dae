"""The checker: compares what people and receivers have seen with what the store holds in the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shortlink.domain.callback import Callback, CallbackKind, CallbackState
from shortlink.domain.message_id import split_message_id
from shortlink.domain.snapshot import Snapshot
from shortlink.storage.event_entry import EntryKind
from tests.chaos.rig.journal import Journal
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.service import Service

ENDED = (CallbackState.DELIVERED, CallbackState.EXHAUSTED, CallbackState.STOPPED)


def click_callback(snapshot: Snapshot) -> Callback | None:
    """Pick the callback of the first click."""
    return next((one for one in snapshot.callbacks if one.kind is CallbackKind.CLICK), None)


def check_taps(outcome: Outcome, journal: Journal, snapshots: Sequence[Snapshot], target_of: Mapping[str, str]) -> None:
    """Every answered tap is stored and led to the right place."""
    answered: set[str] = set()
    wrong: set[str] = set()
    counts: Counter[str] = Counter()
    for entry in journal.entries():
        counts[entry["what"]] += 1
        if entry["what"] == "ok":
            answered.add(entry["code"])
            if entry["location"] != target_of[entry["code"]]:
                wrong.add(entry["code"])
    stored = {one.code for one in snapshots if one.message and one.message.link and one.message.link.first_click_at}
    outcome.none_of("first clicks lost (a 302 was seen, no click is stored)", answered - stored)
    outcome.none_of("taps sent to a wrong target", wrong)
    outcome.note(
        "taps",
        f"{counts['invoke']:,} ({counts['ok']:,} led on, {counts['fail']:,} refused, "
        f"{counts['unknown']:,} without an answer); links clicked {len(stored):,}",
    )


def check_counts(outcome: Outcome, journal: Journal, snapshots: Sequence[Snapshot]) -> None:
    """Every tap that was led on is counted; a script that was carried out twice counts twice, and does nothing else."""
    made, led_on = Counter[str](), Counter[str]()
    for entry in journal.entries():
        made[entry["code"]] += entry["what"] == "invoke"
        led_on[entry["code"]] += entry["what"] == "ok"
    clicks = {one.code: one.message.link.clicks for one in snapshots if one.message and one.message.link}
    outcome.none_of(
        "links that count fewer clicks than were led on", {one for one in clicks if clicks[one] < led_on[one]}
    )
    outcome.note("clicks counted beyond the taps made", sum(max(0, clicks[one] - made[one]) for one in clicks))


def check_callbacks(
    outcome: Outcome,
    journal: Journal,
    snapshots: Sequence[Snapshot],
    path_of: Mapping[str, str],
    service: Service,
    *,
    late_ms: float = 0.0,
) -> None:
    """Every first click was called back until a 200, at most ten times, and never after a stored 200.

    `late_ms` is how long a POST may be on its way. The audit knows when each try began, and needs no such margin.
    """
    posts: dict[str, list[Any]] = defaultdict(list)
    answered_well: dict[str, float] = {}
    for entry in journal.entries():
        if entry["what"] == "arrived":
            posts[entry["path"]].append(entry)
        elif entry["status"] == 200:
            answered_well.setdefault(entry["path"], entry["at"])
    ended = {path_of[one.code]: callback for one in snapshots if (callback := click_callback(one))}
    outcome.none_of("callbacks lost (neither delivered nor tried ten times)", _lost(ended, posts))
    unproved = {path for path, one in ended.items() if one.state is CallbackState.DELIVERED} - set(answered_well)
    outcome.none_of("callbacks stored as delivered that the receiver never answered with 200", unproved)
    outcome.none_of("callbacks that nobody's click led to", set(posts) - set(ended))
    several = {path for path, entries in posts.items() if len({entry["event"] for entry in entries}) > 1}
    outcome.none_of("links with more than one event id", several)
    outcome.at_most("most POSTs of a link", max(map(len, posts.values()), default=0), 10)
    outcome.none_of("POSTs that began after a 200 was stored", _after_stored(posts, path_of, service, late_ms))
    again = sum(entry["at"] > answered_well.get(path, 1e18) for path, entries in posts.items() for entry in entries)
    outcome.note("POSTs", f"{sum(map(len, posts.values())):,}, of them {again:,} after a 200 that was not stored yet")


def _lost(ended: Mapping[str, Callback], posts: Mapping[str, list[Any]]) -> set[str]:
    """Name what is neither delivered nor ended by rights; a try may have been counted and not made."""
    return {
        path
        for path, one in ended.items()
        if one.state not in ENDED or path not in posts or (one.state is CallbackState.EXHAUSTED and one.tries < 10)
    }


def _after_stored(
    posts: Mapping[str, list[Any]], path_of: Mapping[str, str], service: Service, late_ms: float
) -> set[str]:
    stored: dict[str, int] = {}
    for entry in service.events(EntryKind.CALLBACK):
        if entry.value == "cd":
            stored.setdefault(path_of[entry.subject], entry.kept_at)
    # The store's clock counts whole milliseconds.
    return {
        f"{path}#{entry['number']}"
        for path, entries in posts.items()
        for entry in entries
        if entry["at"] > stored.get(path, 1e18) + 1 + late_ms
    }


def check_sms(outcome: Outcome, codes: Iterable[str], service: Service) -> None:
    """Every accepted message reached the carrier, once, and its fate is known."""
    known = list(codes)
    texts = Counter(service.codes_at_carrier())
    snapshots = service.snapshots(known)
    outcome.none_of("accepted messages lost", {code for code in known if not texts[code]})
    outcome.none_of("SMS sent twice", {code for code in known if texts[code] > 1})
    open_ones = {one.code for one in snapshots if one.message is None or not one.message.status.is_final}
    outcome.none_of("messages without a final status", open_ones)
    outcome.none_of("SMS that nobody asked for", set(texts) - set(known))


def tell_unknown(outcome: Outcome, service: Service) -> None:
    """Say how many sendings had no known outcome, and how many of them were made again."""
    looked_for = {entry.subject for entry in service.events(EntryKind.UNKNOWN)}
    resent = {entry.subject for entry in service.events(EntryKind.RESEND)}
    outcome.note("sendings of unknown outcome", f"{len(looked_for):,}, of them sent again {len(resent):,}")


def check_accepts(outcome: Outcome, journal: Journal) -> None:
    """One key made one message, whatever happened to its requests."""
    ids: dict[int, set[str]] = defaultdict(set)
    requests = 0
    for entry in journal.entries():
        requests += 1
        if entry["msgid"]:
            ids[entry["number"]].add(entry["msgid"])
    outcome.none_of("keys that made two messages", {str(number) for number, found in ids.items() if len(found) > 1})
    outcome.note("requests to send", f"{requests:,} for {len(ids):,} messages")


def codes_of(journal: Journal) -> set[str]:
    """Name every message that was answered with a 201."""
    split = (split_message_id(entry["msgid"]) for entry in journal.entries() if entry["msgid"])
    return {found[0] for found in split if found}
