"""`shortlink send`: one message, from a terminal or a script."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.message_table import show_message
from shortlink.cli.options import json_option
from shortlink.cli.progress import working

if TYPE_CHECKING:
    from shortlink.client import Client, Message

_LOOK_SECONDS = 0.25


@click.command()
@click.option("--to", "recipient", required=True, help="Number in E.164, such as +818011234567.")
@click.option("--from", "sender", required=True, help="Sender: a number, or up to 10 letters and digits.")
@click.option("--text", required=True, help="The text; - reads it from the standard input.")
@click.option("--track", is_flag=True, help="Swap the first link of the text for a short link.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given several times.")
@click.option("--callback", "callback_url", metavar="URL", help="Told of the final status.")
@click.option("--click-callback", "click_callback_url", metavar="URL", help="Told of the first click.")
@click.option("--idempotency-key", metavar="KEY", help="Makes a repeat within 24 hours send nothing.")
@click.option("--wait", metavar="SECONDS", type=click.FloatRange(min=0), help="Wait so long for the final status.")
@account_options
@json_option
def send(
    *,
    recipient: str,
    sender: str,
    text: str,
    track: bool,
    tags: tuple[str, ...],
    callback_url: str | None,
    click_callback_url: str | None,
    idempotency_key: str | None,
    wait: float | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Send one message and print its id.

    Exit code 1 when it was refused, or when --wait ended without a final status or with a failure.
    """
    content = sys.stdin.read().rstrip("\n") if text == "-" else text
    with open_client(**where) as client:
        sent = client.send(
            content,
            to=recipient,
            sender=sender,
            track=track,
            tags=tags,
            callback_url=callback_url,
            click_callback_url=click_callback_url,
            idempotency_key=idempotency_key,
        )
        if wait is None:
            click.echo(json.dumps({"msgid": sent.msgid, "replayed": sent.replayed}) if as_json else sent.msgid)
            return
        message = _wait_for(sent.msgid, client, wait)
    click.echo(json.dumps(dict(message.raw))) if as_json else show_message(message, ())
    if message.status != "DELIVERED":
        sys.exit(1)


def _wait_for(msgid: str, client: Client, seconds: float) -> Message:
    deadline = time.monotonic() + seconds
    with working("waiting for the final status"):
        while not (message := client.get(msgid)).final and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    return message
