"""The address to which the carrier posts delivery receipts: it names the message and proves that we made it."""

from __future__ import annotations

import hashlib
import hmac

RECEIPTS_PATH = "/carriers/twilio/receipts"
_MAC_LENGTH = 24  # hex digits: 96 bits


def receipt_mac(message_id: str, key: bytes) -> str:
    """Prove that an address for this message came from an installation that holds the key."""
    return hmac.new(key, b"receipt:" + message_id.encode(), hashlib.sha256).hexdigest()[:_MAC_LENGTH]


def receipt_mac_matches(message_id: str, mac: str, key: bytes) -> bool:
    """Check a proof in constant time."""
    return hmac.compare_digest(receipt_mac(message_id, key).encode(), mac.encode())


def receipt_url(api_url: str, message_id: str, key: bytes) -> str:
    """Write the whole address for one message; `api_url` without a slash at its end."""
    return f"{api_url}{RECEIPTS_PATH}/{message_id}/{receipt_mac(message_id, key)}"
