"""What to do about each trouble of the store, for whoever looks after it."""

from __future__ import annotations

from collections.abc import Mapping

from shortlink.domain.errors import StoreTrouble

MORE_MEMORY = "give the store more memory, or keep less: SHORTLINK_TEXT_DAYS, SHORTLINK_LINK_TTL_DAYS"
DISK = "look at the disk of the store: space left, errors, permissions"
PRIMARY = "let SHORTLINK_REDIS_URL name the primary"
MENDS: Mapping[StoreTrouble, str] = {
    StoreTrouble.AWAY: "start it, or let SHORTLINK_REDIS_URL name it",
    StoreTrouble.SILENT: "see what keeps the store, its machine or the network busy",
    StoreTrouble.LOCKED: "compare user and password in SHORTLINK_REDIS_URL with the store's: requirepass, or ACL LIST",
    StoreTrouble.LOADING: "wait until it has loaded its data; its log says how far it is",
    StoreTrouble.FULL: MORE_MEMORY,
    StoreTrouble.READ_ONLY: PRIMARY,
    StoreTrouble.DISK: DISK,
    StoreTrouble.BUSY: "wait, or end the script with SCRIPT KILL",
    StoreTrouble.ALONE: "bring its replicas back, or lower min-replicas-to-write",
    StoreTrouble.CHANGING: PRIMARY,
}
