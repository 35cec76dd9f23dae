"""`shortlink status`: where one message stands."""

from __future__ import annotations

import json
from typing import Any

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.message_table import show_message
from shortlink.cli.options import json_option


@click.command()
@click.argument("msgid")
@account_options
@json_option
def status(*, msgid: str, as_json: bool, **where: Any) -> None:
    """Show where message MSGID stands, its short link, and every try of its callbacks."""
    with open_client(**where) as client:
        message, callbacks = client.get(msgid), client.callbacks(msgid)
    if as_json:
        click.echo(json.dumps({**message.raw, "callbacks": [one.raw for one in callbacks]}))
    else:
        show_message(message, callbacks)
