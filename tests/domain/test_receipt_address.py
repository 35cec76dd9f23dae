from __future__ import annotations

from shortlink.domain.receipt_address import receipt_mac, receipt_mac_matches, receipt_url

KEY = b"k" * 32


def test_address_names_the_message_and_proves_itself() -> None:
    url = receipt_url("https://api.test", "message-1", KEY)
    base, mac = url.rsplit("/", 1)
    assert base == "https://api.test/carriers/twilio/receipts/message-1"
    assert receipt_mac_matches("message-1", mac, KEY)


def test_proof_holds_for_one_message_and_one_key() -> None:
    mac = receipt_mac("message-1", KEY)
    assert len(mac) >= 16
    assert not receipt_mac_matches("message-2", mac, KEY)
    assert not receipt_mac_matches("message-1", mac, b"x" * 32)
    assert not receipt_mac_matches("message-1", mac[:-1], KEY)
    assert not receipt_mac_matches("message-1", "é", KEY)
