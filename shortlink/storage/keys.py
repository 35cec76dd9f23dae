"""Every key's name. Type, lifetime and writer of each stand in docs/internals/store.md.

`{p}` is the partition, a letter from a to p and the hash tag: all keys that one script touches share it.
"""

from __future__ import annotations

from shortlink.domain.code import partition_of

WAKE_CHANNEL = "shortlink:wake"
ACCOUNTS = "accounts"
SENDING_PAUSED = "paused:carrier"
CARRIER_PACE = "pace:carrier"
OFFER_BATON = "pace:baton"
HOUSEKEEPING = "housekeeping"
MEASURES = "measures"
UNREADABLE = "unreadable"
ARCHIVED = "archived"
KEY_CHECK = "secret:check"
WEBHOOK_CHANGES = "{webhooks}"
WEBHOOK_ERRANDS = "{webhooks}:asked"


def record(code: str) -> str:
    """Name the hash of one message, its link and its callbacks."""
    return record_in(partition_of(code), code)


def record_in(partition: str, code: str) -> str:
    """Name the same hash where the code's partition is known already."""
    return f"{{{partition}}}m{code}"


def due_messages(partition: str) -> str:
    """Name the sorted set of codes by the time in ms when their message wants attention, or by its turn."""
    return f"{{{partition}}}due:m"


def turns(partition: str) -> str:
    """Name the hash of each account's last turn among the messages that were never offered."""
    return f"{{{partition}}}turn"


def due_callbacks(partition: str) -> str:
    """Name the sorted set of code + kind letter by the time in ms when the callback is to be tried."""
    return f"{{{partition}}}due:c"


def day_list(partition: str, sid: str, day: int) -> str:
    """Name the list of an account's messages of one UTC day (days since 1970), in order of acceptance."""
    return f"{{{partition}}}d:{sid}:{day}"


def events(partition: str) -> str:
    """Name the stream of state changes."""
    return f"{{{partition}}}ev"


def idempotency(partition: str, digest: str) -> str:
    """Name the string that remembers an answer given under an Idempotency-Key."""
    return f"{{{partition}}}i:{digest}"


def closed_accounts(partition: str) -> str:
    """Name the set of accounts that are switched off; one copy a partition, as no script looks elsewhere."""
    return f"{{{partition}}}off"


def account(sid: str) -> str:
    """Name the hash of one account."""
    return f"account:{sid}"


def limit(kind: str, sid: str) -> str:
    """Name the hash of one account's token bucket."""
    return f"limit:{kind}:{sid}"


def blanked_up_to(sid: str) -> str:
    """Name the string that says up to which UTC day the texts of an account's messages were blanked."""
    return f"blanked:{sid}"


def texts_blanked(sid: str, day: int) -> str:
    """Name the string that says that those of one day were, though not of every day before."""
    return f"blanked:{sid}:{day}"


def presence(role: str) -> str:
    """Name the string that lives as long as a process of that role was seen lately."""
    return f"seen:{role}"


def carrier_id(identifier: str) -> str:
    """Name the string that says which code a carrier's message belongs to, where its text does not tell."""
    return f"carrier:{identifier}"


def opt_outs(partition: str, sid: str) -> str:
    """Name the hash of an account's opt-outs: digest of a number, to when and why."""
    return f"{{{partition}}}stop:{sid}"


def inbound(partition: str, identifier: str) -> str:
    """Name the hash of one message that came in."""
    return f"{{{partition}}}in:{identifier}"


def sender(address: str) -> str:
    """Name the hash of the accounts that send from a number, a short code or a pool of numbers."""
    return f"sender:{{{address}}}"


def sender_note(address: str, digest: str) -> str:
    """Name the string that says which of several accounts last wrote to a number from a sender."""
    return f"sender:{{{address}}}:{digest}"


def webhooks(sid: str) -> str:
    """Name the hash of an account's webhooks; all accounts' lie together, as there are few."""
    return f"{{webhooks}}:{sid}"
