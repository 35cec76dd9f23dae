"""Check whether the whole service can do its work."""

from __future__ import annotations

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.presence import PresenceStore

ROLES = ("dispatcher", "worker-messages", "worker-callbacks")
EXTRA_ROLES = ("recorder", "webhooks")
_UNKNOWN = "unknown, as no process can tell the store that it lives"


def check_readiness(presence: PresenceStore) -> dict[str, str]:
    """Say for each part "ok" or what is missing; everything is ready when all say "ok"."""
    try:
        presence.check_writable()
        absent = presence.absent(*ROLES)
        paused = presence.sending_paused()
    except StoreUnavailable as error:
        return {"store": str(error)} | dict.fromkeys(ROLES, _UNKNOWN)
    found = {"store": "ok"} | dict.fromkeys(ROLES, "ok")
    found |= {role: f"no {role} was seen in the last 15 seconds; start one" for role in absent}
    if paused:
        found["sending"] = paused
    return found


def check_now(presence: PresenceStore) -> dict[str, str]:
    """Say what `check_readiness` says, but at once of a part that was ended: that leaves time for a restart."""
    found = check_readiness(presence)
    try:
        ends = presence.stopped(*ROLES)
    except StoreUnavailable:
        return found
    return found | {role: _ended(role, seconds) for role, seconds in ends.items()}


def _ended(role: str, seconds: int) -> str:
    return f"stopped {seconds} s ago, and no other {role} was seen since; start one"


def check_extra(role: str, presence: PresenceStore) -> str:
    """Say "ok" or what is missing about one of EXTRA_ROLES, without which messages flow all the same."""
    try:
        presence.check_writable()
        absent, ends = presence.absent(role), presence.stopped(role)
    except StoreUnavailable as error:
        return f"{_UNKNOWN}: {error}"
    if ends:
        return _ended(role, ends[role])
    return f"no {role} was seen in the last 15 seconds; start one" if absent else "ok"
