"""Whether the store keeps what it is told: what it says of itself, judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shortlink.cli.doctor.finding import Finding, ok, problem, warning
from shortlink.domain.errors import StoreTrouble, StoreUnavailable, WebhookUnreadable
from shortlink.domain.store_mends import DISK, MENDS, MORE_MEMORY, PRIMARY
from shortlink.use_cases.compare_key import WRONG_KEY

if TYPE_CHECKING:
    from shortlink.domain.errors import AccountUnreadable
    from shortlink.storage.vitals import Vitals

LEAST_VERSION = (7, 0)
TIGHT, FULL = 0.75, 0.92  # of the memory it may use
SKEW_WARNING_MS, SKEW_PROBLEM_MS = 1_000, 60_000
_NAMED = 5  # damaged records
_DAMAGED = "docs/operations.md#a-record-that-cannot-be-read"
_WRONG_KEY = "docs/operations.md#a-key-of-another-kind"
_HOW = "see docs/internals/store.md#how-the-server-should-be-set"


def look_at_trouble(error: StoreUnavailable) -> Finding:
    """Tell why the store could not be looked at, or not be written."""
    return problem("store", str(error), MENDS[error.trouble or StoreTrouble.AWAY])


def look_at_store(vitals: Vitals) -> Iterator[Finding]:
    """Look at version, role, persistence, eviction and memory."""
    yield _version(vitals)
    yield _role(vitals)
    yield _log(vitals)
    yield _fsync(vitals)
    yield _eviction(vitals)
    yield _memory(vitals)
    yield _records(vitals)


def look_at_clock(store_ms: int, own_ms: int) -> Finding:
    """Compare the store's clock with this machine's; both are UTC milliseconds."""
    skew = own_ms - store_ms
    seen = f"this machine's clock is {abs(skew) / 1000:.1f} s {'ahead of' if skew > 0 else 'behind'} the store's"
    mend = "let both machines keep their clocks by NTP: receivers refuse signatures that are minutes off"
    if abs(skew) > SKEW_PROBLEM_MS:
        return problem("clock", seen, mend)
    if abs(skew) > SKEW_WARNING_MS:
        return warning("clock", seen, mend)
    return ok("clock", "this machine and the store agree")


def look_at_secret_key(noted: str | None, own: str) -> Finding:
    """Compare the fingerprint of our secret key with that of the key that the store was filled with."""
    name = "secret key"
    if noted in (None, own):
        return ok(name, "the one that the store was filled with" if noted else "not noted by a dispatcher yet")
    mend = "set SHORTLINK_SECRET_KEY to the one that belongs to this store; see docs/operations.md#changing-secrets"
    return problem(name, WRONG_KEY, mend)


def look_at_keys(wrong: Sequence[str]) -> Finding:
    """Tell of keys that many share and that are of another kind than they have to be."""
    name = "keys"
    if not wrong:
        return ok(name, "of the kinds that they have to be")
    some = "; ".join(wrong[:_NAMED]) + ("; …" if len(wrong) > _NAMED else "")
    return problem(name, some, "see " + _WRONG_KEY)


def look_at_records(codes: Sequence[str]) -> Finding:
    """Tell of records that somebody needed and could not read."""
    name = "damaged records"
    if not codes:
        return ok(name, "none was met")
    some = ", ".join(codes[:_NAMED]) + (", …" if len(codes) > _NAMED else "")
    seen = f"{len(codes)} {'message' if len(codes) == 1 else 'messages'} cannot be read: {some}"
    return problem(name, seen, "`shortlink audit` says what is wrong with each and finds others; see " + _DAMAGED)


def look_at_accounts(damaged: Sequence[AccountUnreadable]) -> Finding:
    """Tell of accounts that cannot be read."""
    name = "accounts"
    if not damaged:
        return ok(name, "all can be read")
    some = "; ".join(str(error) for error in damaged[:_NAMED]) + ("; …" if len(damaged) > _NAMED else "")
    return problem(name, some, damaged[0].mend)


def look_at_webhooks(damaged: Sequence[str]) -> Finding:
    """Tell of webhooks, and of what is asked for them, that cannot be read."""
    name = "webhook settings"
    if not damaged:
        return ok(name, "all can be read")
    some = "; ".join(damaged[:_NAMED]) + ("; …" if len(damaged) > _NAMED else "")
    return problem(name, some, WebhookUnreadable.mend)


def _version(vitals: Vitals) -> Finding:
    numbers = tuple(int(part) for part in vitals.version.split(".")[:2] if part.isdigit())
    if numbers < LEAST_VERSION:
        return problem("store version", vitals.version or "unknown", "run Valkey or Redis 7 or newer")
    return ok("store version", vitals.version)


def _role(vitals: Vitals) -> Finding:
    if vitals.role in ("slave", "replica"):
        return problem("store role", "a replica takes no writes", PRIMARY)
    return ok("store role", vitals.role or "unknown")


def _log(vitals: Vitals) -> Finding:
    name = "append-only file"
    if not vitals.keeps_log:
        return problem(name, "off: a restart of the store loses what is owed", f"set appendonly yes, {_HOW}")
    if not vitals.log_writes_ok:
        return problem(name, "the last write failed", DISK)
    if not vitals.log_rewrite_ok:
        return warning(name, "the last rewrite failed, so it grows", "look at disk and memory of the store")
    return ok(name, f"on, {_size(vitals.log_bytes)}")


def _fsync(vitals: Vitals) -> Finding:
    if vitals.fsync == "no":
        return problem(
            "fsync", "no: a crash of the machine can lose half a minute", "set appendfsync everysec, or always"
        )
    if not vitals.fsync:
        return warning("fsync", "the store does not show its settings", "see that its append-only file is on")
    return ok("fsync", vitals.fsync + (": a crash can lose the last second" if vitals.fsync == "everysec" else ""))


def _eviction(vitals: Vitals) -> Finding:
    if vitals.evicted_keys:
        return problem(
            "eviction", f"{vitals.evicted_keys:,} keys were thrown away", "set maxmemory-policy noeviction, then audit"
        )
    if vitals.eviction and vitals.eviction != "noeviction":
        return problem(
            "eviction", f"{vitals.eviction}: a full store would forget messages", "set maxmemory-policy noeviction"
        )
    return ok("eviction", vitals.eviction or "none so far")


def _memory(vitals: Vitals) -> Finding:
    limit = vitals.max_memory or vitals.system_memory
    whose = "its limit" if vitals.max_memory else "its machine"
    seen = f"{_size(vitals.used_memory)} of {_size(limit)}, {whose}" if limit else _size(vitals.used_memory)
    share = vitals.used_memory / limit if limit else 0.0
    mend = MORE_MEMORY
    if share > FULL:
        return problem("store memory", seen, mend)
    if share > TIGHT:
        return warning("store memory", seen, mend)
    return ok("store memory", seen)


def _records(vitals: Vitals) -> Finding:
    if vitals.listpack_value is not None and vitals.listpack_value < 2048:
        return warning(
            "records",
            f"hash-max-listpack-value is {vitals.listpack_value}: a message takes twice the memory",
            f"set it to 2048 and hash-max-listpack-entries to 512, {_HOW}",
        )
    return ok("records", "compact" if vitals.listpack_value else "the store does not show its settings")


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
