"""Who sends from which number, so that an answer finds its account."""

from __future__ import annotations

from shortlink.domain.durations import DAY_MS
from shortlink.domain.opt_out import number_digest
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock

USED_MS = 90 * DAY_MS  # an answer finds its account for so long
MOST_WRITERS = 16  # that are noted for one number and one sender
_SHARED, _FIRST = ".shared", ".first"


class SenderStore:
    """The senders that people can answer: numbers, short codes, and pools of numbers at the carrier.

    As long as one account alone uses a sender, that is all that is kept; nothing is kept a message.
    """

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key
        self._note = Script(store, "note_sender")

    def note(self, sender: str, sid: str, recipient: str, *, now: int | None = None) -> None:
        """Note that the carrier took a message of an account's to a number; a second call is a later use."""
        note = keys.sender_note(sender, number_digest(recipient, self._key))
        self._note([keys.sender(sender), note], [clock(now), sid, USED_MS, MOST_WRITERS])

    def writers(self, sender: str, recipient: str, *, now: int | None = None) -> list[str]:
        """List the accounts that may have written to a number from a sender, the last one first.

        The one that alone uses the sender. Of several, those that are noted, and behind them the one that was alone
        before the others came, for as long as a message from that time may be answered. Empty when nobody can be
        named for sure.
        """
        moment = self._store.now() if now is None else now
        facts = self._store.read_hash(keys.sender(sender))
        users = [name for name, at in facts.items() if not name.startswith(".") and int(at) + USED_MS >= moment]
        if len(users) <= 1:
            return users
        noted = str(self._store.get(keys.sender_note(sender, number_digest(recipient, self._key))) or "").split()
        was_alone = int(facts.get(_SHARED, 0)) + USED_MS >= moment and _FIRST in facts
        return list(dict.fromkeys([*noted, facts[_FIRST]] if was_alone else noted))
