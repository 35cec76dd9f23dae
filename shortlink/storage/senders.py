"""Who sends from which number, so that an answer finds its account."""

from __future__ import annotations

from shortlink.domain.opt_out import number_digest
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock

USED_MS = 90 * 86_400_000  # an answer finds its account for so long
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
        """Note that an account is about to send to a number; a second call is a later use."""
        note = keys.sender_note(sender, number_digest(recipient, self._key))
        self._note([keys.sender(sender), note], [clock(now), sid, USED_MS])

    def owner(self, sender: str, recipient: str, *, now: int | None = None) -> str | None:
        """Tell which account last sent to a number from a sender; None when that is not known for sure.

        The one that alone uses the sender. Of several, the one that is noted; without a note, the one that was
        alone before the others came, for as long as a message from that time may be answered.
        """
        moment = self._store.time()[0] * 1000 if now is None else now
        facts = self._store.read_hash(keys.sender(sender))
        users = [name for name, at in facts.items() if not name.startswith(".") and int(at) + USED_MS >= moment]
        if len(users) <= 1:
            return users[0] if users else None
        if noted := self._store.get(keys.sender_note(sender, number_digest(recipient, self._key))):
            return str(noted)
        lately = int(facts.get(_SHARED, 0)) + USED_MS >= moment
        return facts.get(_FIRST) if lately else None
