"""`shortlink tail`: what happens, as it happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.inert_text import inert
from shortlink.cli.options import json_option

if TYPE_CHECKING:
    from shortlink.client import Event

_COLOURS = {
    "message.delivered": "green",
    "message.failed": "red",
    "message.unconfirmed": "red",
    "link.clicked": "bright_green",
    "recipient.unsubscribed": "yellow",
}
_SHOWN_APART = frozenset({"msgid", "recipient", "sender", "tags"})


@click.command()
@click.option(
    "--type", "types", multiple=True, metavar="TYPE", help="Only this type, such as link.clicked; repeatable."
)
@click.option("--tag", help="Only events of messages with this tag.")
@click.option("--msgid", help="Only events of this message.")
@click.option("--after", metavar="CURSOR", help="Begin after this cursor; without it, with what is still to come.")
@click.option("--from-start", is_flag=True, help="Begin with the oldest event that is kept.")
@click.option("--once", is_flag=True, help="End when nothing more is there, instead of waiting.")
@account_options
@json_option
def tail(
    *,
    types: tuple[str, ...],
    tag: str | None,
    msgid: str | None,
    after: str | None,
    from_start: bool,
    once: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Show an account's events as they happen; Ctrl-C ends it.

    With --json, each line is an event with a cursor to go on behind with --after. Where several come at once, only the
    last one's cursor is new: some events may be shown again.
    """
    if after and from_start:
        raise click.UsageError("--after and --from-start exclude each other")
    # An empty cursor is one, too: the first events carry it, and behind it is the oldest.
    start = after if after is not None or from_start else "newest"
    with open_client(**where) as client:
        try:
            for event in client.events(after=start, types=types, tag=tag, msgid=msgid, follow=not once):
                click.echo(_as_json(event) if as_json else _as_text(event))
        except KeyboardInterrupt:
            return


def _as_json(event: Event) -> str:
    at = event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {"id": event.id, "type": event.type, "timestamp": at, "data": dict(event.data)}
    return inert(json.dumps(facts | {"cursor": event.cursor}, ensure_ascii=False))


def _as_text(event: Event) -> str:
    kind = click.style(f"{event.type:<22}", fg=_COLOURS.get(event.type))
    about = event.msgid or event.data.get("recipient", "")
    details = " ".join(f"{name}={_worded(value)}" for name, value in _details(event))
    tags = f" [{','.join(event.tags)}]" if event.tags else ""
    return f"{event.at:%Y-%m-%d %H:%M:%S} {kind} {inert(f'{about}{tags} {details}')}".rstrip()


def _details(event: Event) -> Iterator[tuple[str, Any]]:
    for name, value in event.data.items():
        if name not in _SHOWN_APART and value is not None:
            yield name, value


def _worded(value: Any) -> str:
    """Write truth as JSON does, and all else as it is."""
    return str(value).lower() if isinstance(value, bool) else str(value)
