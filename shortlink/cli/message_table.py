"""A message as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from shortlink.cli.screen import show_block, show_table

if TYPE_CHECKING:
    from rich.text import Text

    from shortlink.cli.screen import Row
    from shortlink.client import Callback, LinkTracking, Message

_COLOURS = {"DELIVERED": "green", "FAIL": "red", "FAILED": "red", "delivered": "green", "exhausted": "red"}


def show_message(message: Message, callbacks: Sequence[Callback]) -> None:
    """Print a message, and a table of its callbacks if it has any."""
    show_block(list(_lines(message)))
    if callbacks:
        rows = [row for one in callbacks for row in _callback_rows(one)]
        show_table(("Callback", "State", "Try", "When", "Answer", "ms"), rows, folded=("Answer",))


def _lines(message: Message) -> Iterator[tuple[str, str | Text]]:
    from rich.text import Text

    yield "Message", message.msgid
    yield "Status", Text(message.status, _COLOURS.get(message.status, ""))
    if message.submission:
        yield "Sending", f"{message.submission}: nobody knows yet whether the carrier has it"
    if message.error_code:
        yield "Error", " ".join(part for part in (message.error_code, message.error_reason) if part)
    yield "From, to", f"{message.sender}, {message.recipient or '(erased)'}"
    yield "Accepted", _time(message.sent_time)
    yield "Parts, cost", f"{message.parts}, {message.cost:g}"
    if message.tags:
        yield "Tags", ", ".join(message.tags)
    if message.link_tracking:
        yield from _link_lines(message.link_tracking)


def _link_lines(link: LinkTracking) -> Iterator[tuple[str, str]]:
    yield "Short link", link.shortlink + (" (switched off)" if link.disabled else "")
    yield "Leads to", link.link
    yield "First click", _time(link.accessed_on) if link.accessed else "none yet"
    yield "Clicks", f"{link.clicks}, and {link.machine_hits} of machines"
    yield "Expires", _time(link.expires_on)
    if link.dead_taps:
        yield "Led nowhere", f"{link.dead_taps.count} taps, the last {_time(link.dead_taps.last_on)}"


def _callback_rows(callback: Callback) -> Iterator[Row]:
    """Write a callback, then each of its tries."""
    from rich.text import Text

    yield callback.kind, Text(callback.state, _COLOURS.get(callback.state, "yellow")), "", "", callback.url, ""
    for one in callback.attempts:
        answer = str(one.status_code) if one.error is None else one.error
        yield "", "", str(one.number), _time(one.at), answer, str(one.duration_ms)


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "unknown"
