"""`shortlink status`: where one message stands."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.message_table import show_message
from shortlink.cli.options import json_option


@click.command()
@click.argument("msgid")
@account_options
@json_option
def status(*, msgid: str, api_url: str | None, sid: str | None, token: str | None, data: Path, as_json: bool) -> None:
    """Show where message MSGID stands, its short link, and every try of its callbacks."""
    with open_client(api_url=api_url, sid=sid, token=token, data=data) as client:
        message, callbacks = client.get(msgid), client.callbacks(msgid)
    if as_json:
        click.echo(json.dumps({**message.raw, "callbacks": [one.raw for one in callbacks]}))
    else:
        show_message(message, callbacks)
