"""Xoxzo's words for a message, its link and its callbacks.

Fields marked "ours" are extensions: Xoxzo's API does not have them, and its published clients ignore them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shortlink.domain.callback import Callback, CallbackKind, CallbackState
from shortlink.domain.link import DeadTaps, ShortLink
from shortlink.domain.message import Message, MessageStatus

_WORDS = {
    MessageStatus.ACCEPTED: "QUEUED",
    MessageStatus.SUBMITTING: "QUEUED",
    MessageStatus.UNKNOWN: "QUEUED",
    MessageStatus.UNCONFIRMED: "QUEUED",
    MessageStatus.QUEUED: "QUEUED",
    MessageStatus.SENT: "DELIVERING",
    MessageStatus.DELIVERED: "DELIVERED",
}
_SUBMISSIONS = {MessageStatus.UNKNOWN: "unknown", MessageStatus.UNCONFIRMED: "unconfirmed"}
_LOST = frozenset({MessageStatus.UNDELIVERED, MessageStatus.FAILED})
_KINDS = {CallbackKind.CLICK: "click", CallbackKind.REPORT: "delivery"}
_STATES = {
    CallbackState.PENDING: "pending",
    CallbackState.DELIVERED: "delivered",
    CallbackState.EXHAUSTED: "exhausted",
    CallbackState.STOPPED: "stopped",
}


def status_object(
    message: Message, *, api_url: str, fail_word: str, reason_for: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """Write where a message stands: Xoxzo's fields in Xoxzo's order, then ours.

    `link_tracking` is absent when tracking was not asked for, and null when there was no link to track. Ours are
    `parts`; `submission` ("unknown" or "unconfirmed") while nobody knows whether the carrier has the message; and
    `error` with the code and, through `reason_for`, the reason of a message that was lost.
    """
    written = _fixed_fields(message, message.status, api_url=api_url, fail_word=fail_word)
    if message.tracked:
        written["link_tracking"] = _link_tracking(message.link) if message.link else None
    written["parts"] = message.segments
    if message.status in _SUBMISSIONS:
        written["submission"] = _SUBMISSIONS[message.status]
    if message.error is not None and message.status in _LOST:
        written["error"] = {"code": message.error}
        if reason_for is not None:
            written["error"]["reason"] = reason_for(message.error)
    return written


def callback_object(message: Message, callback: Callback, *, api_url: str, fail_word: str) -> dict[str, Any]:
    """Write what a callback tells, in the shape of the status object.

    Frozen: nothing in it but `api_url` and `fail_word`, which are the installation's, can change between the first try
    and the tenth, so a click tells of the first click only and a delivery report of no click at all. Ours are `kind`,
    `parts` and `error`.
    """
    status = callback.status_then
    written = _fixed_fields(message, status, api_url=api_url, fail_word=fail_word)
    if callback.kind is CallbackKind.CLICK and message.link is not None:
        written["link_tracking"] = _first_click(message.link)
    written["parts"] = message.segments
    written["kind"] = _KINDS[callback.kind]
    if message.error is not None and status in _LOST:
        written["error"] = {"code": message.error}
    return written


def callback_payload(message: Message, callback: Callback, *, api_url: str, fail_word: str) -> dict[str, Any]:
    """Write what a callback tells as flat fields, named as in Xoxzo's own flat log; an error is its code alone."""
    written = callback_object(message, callback, api_url=api_url, fail_word=fail_word)
    written |= written.pop("link_tracking", {})
    if "error" in written:
        written["error_code"] = written.pop("error")["code"]
    return written


def callback_entry(callback: Callback) -> dict[str, Any]:
    """Write how far a callback has come; all of it is ours."""
    return {
        "id": callback.id,
        "kind": _KINDS[callback.kind],
        "url": callback.url,
        "state": _STATES[callback.state],
        "tries": callback.tries,
        "attempts": [
            {
                "number": attempt.number,
                "at": time_text(attempt.at),
                "duration_ms": attempt.duration_ms,
                "status_code": attempt.status_code,
                "error": attempt.error,
            }
            for attempt in callback.attempts
        ],
    }


def time_text(at: int) -> str:
    """Write a time in UTC milliseconds as Xoxzo does: `YYYY-MM-DD HH:MM:SS`, UTC."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _fixed_fields(message: Message, status: MessageStatus, *, api_url: str, fail_word: str) -> dict[str, Any]:
    return {
        "status": _WORDS.get(status, fail_word),
        "sender": message.sender,
        "url": f"{api_url}/sms/messages/{message.id}/",
        "sent_time": time_text(message.accepted_at),
        "cost": message.cost,
        "msgid": message.id,
        "tags": list(message.tags),
        "recipient": message.recipient,
    }


def _first_click(link: ShortLink) -> dict[str, Any]:
    first = link.first_click_at
    return {
        "link": link.link,
        "shortlink": link.short_url,
        "accessed": first is not None,
        "accessed_on": None if first is None else time_text(first),
    }


def _link_tracking(link: ShortLink) -> dict[str, Any]:
    return (
        _first_click(link)
        | {
            "clicks": link.clicks,
            "clicked_on": [time_text(at) for at in link.clicked_at],
            "machine_hits": link.machine_hits,
            "expires_on": time_text(link.expires_at),
            "disabled": link.disabled,
        }
        | _dead_taps(link.dead_taps)
    )


def _dead_taps(dead: DeadTaps | None) -> dict[str, Any]:
    if dead is None:
        return {}
    told = {"count": dead.count, "first_on": time_text(dead.first_at), "last_on": time_text(dead.last_at)}
    return {"dead_taps": told}
