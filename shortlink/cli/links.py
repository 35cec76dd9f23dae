"""`shortlink links …`: switch short links off and on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.config import environment

if TYPE_CHECKING:
    from shortlink.domain.snapshot import Snapshot


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
        from shortlink.bootstrap.operations import open_inspection
        from shortlink.use_cases.switch_link import switch_any_link

        here = open_inspection(settings)
        found = switch_any_link(name, on=on, link_url=settings.link_url, inspector=here.inspector, links=here.links)
    click.echo(json.dumps(_facts(found, on=on)) if as_json else _in_words(found, on=on))


def _facts(found: Snapshot, *, on: bool) -> dict[str, Any]:
    message = found.message
    return {
        "msgid": message.id if message else None,
        "account": message.account if message else None,
        "shortlink": message.link.short_url if message and message.link else None,
        "disabled": not on,
        "code": found.code,
        "damage": found.unreadable,
    }


def _in_words(found: Snapshot, *, on: bool) -> str:
    state = "is on again" if on else "is off"
    if found.unreadable is not None:
        return f"The link of {found.code} {state}. Its record is damaged otherwise: {found.unreadable}."
    facts = _facts(found, on=on)
    return f"{facts['shortlink']} of account {facts['account']} {state}."
