"""`shortlink links …`: switch short links off and on."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.config import environment


@click.group()
def links() -> None:
    """Switch short links off and on, whichever account they belong to."""


@links.command()
@click.argument("name")
@data_option
@json_option
def disable(*, name: str, data: Path, as_json: bool) -> None:
    """Switch a link off: from the next tap on it is answered with 410.

    NAME is the message's id, the code, or the whole short URL.
    """
    _switch(name, data, on=False, as_json=as_json)


@links.command()
@click.argument("name")
@data_option
@json_option
def enable(*, name: str, data: Path, as_json: bool) -> None:
    """Switch a link on again. NAME is the message's id, the code, or the whole short URL."""
    _switch(name, data, on=True, as_json=as_json)


def _switch(name: str, data: Path, *, on: bool, as_json: bool) -> None:
    with reachable_store(data, environment(), "links") as settings:
        from shortlink.bootstrap import open_inspection
        from shortlink.use_cases.switch_link import switch_any_link

        here = open_inspection(settings)
        message = switch_any_link(name, on=on, link_url=settings.link_url, inspector=here.inspector, links=here.links)
    link = message.link
    facts = {
        "msgid": message.id,
        "account": message.account,
        "shortlink": link.short_url if link else None,
        "disabled": not on,
    }
    state = "is on again" if on else "is off"
    click.echo(json.dumps(facts) if as_json else f"{facts['shortlink']} of account {message.account} {state}.")
