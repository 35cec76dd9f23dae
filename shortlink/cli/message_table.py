"""A message as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shortlink.client import Callback, LinkTracking, Message

_COLOURS = {"DELIVERED": "green", "FAIL": "red", "FAILED": "red", "delivered": "green", "exhausted": "red"}


def show_message(message: Message, callbacks: Sequence[Callback]) -> None:
    """Print a message, and a table of its callbacks if it has any."""
    from rich.markup import escape
    from rich.table import Table

    from shortlink.cli.screen import screen

    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    for name, value in _rows(message):
        colour = _COLOURS.get(value) if name == "Status" else None
        rows.add_row(name, f"[{colour}]{value}[/]" if colour else escape(value))
    console = screen()
    console.print(rows)
    if callbacks:
        console.print(_callback_table(callbacks))


def _rows(message: Message) -> Iterator[tuple[str, str]]:
    yield "Message", message.msgid
    yield "Status", message.status
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
        yield from _link_rows(message.link_tracking)


def _link_rows(link: LinkTracking) -> Iterator[tuple[str, str]]:
    yield "Short link", link.shortlink + (" (switched off)" if link.disabled else "")
    yield "Leads to", link.link
    yield "First click", _time(link.accessed_on) if link.accessed else "none yet"
    yield "Clicks", f"{link.clicks}, and {link.machine_hits} of machines"
    yield "Expires", _time(link.expires_on)
    if link.dead_taps:
        yield "Led nowhere", f"{link.dead_taps.count} taps, the last {_time(link.dead_taps.last_on)}"


def _callback_table(callbacks: Sequence[Callback]) -> object:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, collapse_padding=True)
    for head in ("Callback", "State", "Try", "When", "Answer", "ms"):
        table.add_column(head, overflow="fold", no_wrap=head == "When")
    for one in callbacks:
        colour = _COLOURS.get(one.state, "yellow")
        table.add_row(one.kind, f"[{colour}]{one.state}[/]", "", "", escape(one.url), "")
        for attempt in one.attempts:
            answer = str(attempt.status_code) if attempt.error is None else attempt.error
            table.add_row("", "", str(attempt.number), _time(attempt.at), answer, str(attempt.duration_ms))
    return table


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "unknown"
