"""Make the things that tests are about, with every detail that a test does not care for filled in."""

from __future__ import annotations

from typing import Any

from shortlink.domain.code import CodeMint
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import MetMessage
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message, MessageStatus
from shortlink.domain.message_id import new_message_id
from shortlink.storage.connection import Store
from shortlink.storage.messages import MessageStore

MINT = CodeMint("shortlink", 9)
LINK_URL = "https://sl.test"


def make_message(*, code: str | None = None, tracked: bool = True, **changes: Any) -> Message:
    """Make an accepted message with a short link, or without one."""
    code = code or MINT.draw()
    link = ShortLink(code=code, link="https://shop.test/sale?a=1", short_url=f"{LINK_URL}/{code}", expires_at=0)
    values: dict[str, Any] = {
        "id": new_message_id(code),
        "code": code,
        "account": "SLtestaccount",
        "sender": "SHOP",
        "recipient": "+818011234567",
        "text": f"Sale: {LINK_URL}/{code} today" if tracked else "No link here",
        "tags": (),
        "segments": 1,
        "cost": 0.0,
        "tracked": tracked,
        "link": link if tracked else None,
        "report_url": "http://127.0.0.1:9/report",
        "click_url": "http://127.0.0.1:9/click" if tracked else None,
    }
    return Message(**(values | changes))


def link_start(message: Message) -> int | None:
    """Say where a made message's short link begins."""
    return message.text.index(message.link.short_url) if message.link else None


def open_messages(store: Store) -> MessageStore:
    """Open the store of messages with lifetimes as they are in service."""
    return MessageStore(store, link_ms=90 * DAY_MS, record_ms=120 * DAY_MS)


def make_met(**changes: Any) -> MetMessage:
    """Make what an archive notes of a message."""
    code = MINT.draw()
    values: dict[str, Any] = {
        "code": code,
        "message_id": new_message_id(code),
        "account": "SLtestaccount",
        "recipient": "+818011234567",
        "sender": "shop",
        "tags": (),
        "status": MessageStatus.ACCEPTED.value,
    }
    return MetMessage(**(values | changes))
