"""`shortlink opt-outs …`: who wants no more messages from an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlink.cli.accounts import known_account
from shortlink.cli.installation import reachable_store
from shortlink.cli.number import read_number
from shortlink.cli.options import data_option, json_option
from shortlink.config import environment
from shortlink.dialects.xoxzo import time_text
from shortlink.domain.phone import mask_number

if TYPE_CHECKING:
    from shortlink.use_cases.manage_opt_outs import OptOutDesk


@click.group("opt-outs")
def opt_outs() -> None:
    """List, add and remove opt-outs: numbers that want no messages from an account.

    Numbers are kept as digests, which no list can turn back; --number asks for one.
    """


@opt_outs.command("list")
@click.argument("sid")
@click.option("--number", help="Say only whether this number has opted out; `-` reads it from the standard input.")
@data_option
@json_option
def list_(*, sid: str, number: str | None, data: Path, as_json: bool) -> None:
    """List the opt-outs of account SID, oldest first: digest, when and why."""
    asked = read_number(number) if number is not None else None
    with _desk(data, sid) as desk:
        found = desk.list(sid, asked)
    if as_json:
        click.echo(json.dumps([{"digest": one.digest, "at": time_text(one.at), "reason": one.reason} for one in found]))
    elif asked is not None:
        click.echo(f"{mask_number(asked)} has {'' if found else 'not '}opted out of the messages of {sid}.")
    else:
        for one in found:
            click.echo(f"{one.digest}  {time_text(one.at)}  {one.reason}")
        click.echo(f"{len(found)} opted out." if found else "Nobody has opted out.")


@opt_outs.command()
@click.argument("sid")
@click.argument("number")
@data_option
def add(*, sid: str, number: str, data: Path) -> None:
    """Opt NUMBER out of the messages of account SID; `-` reads it from the standard input."""
    _change(sid, number, data, out=True)


@opt_outs.command()
@click.argument("sid")
@click.argument("number")
@data_option
def remove(*, sid: str, number: str, data: Path) -> None:
    """Let account SID send to NUMBER again. Only when the person has asked for it: the law wants that."""
    _change(sid, number, data, out=False)


def _change(sid: str, given: str, data: Path, *, out: bool) -> None:
    number = read_number(given)
    with _desk(data, sid) as desk:
        changed = desk.change(sid, number, out=out)
    state = "has opted out" if out else "may be sent to"
    click.echo(f"{mask_number(number)} {state}{'' if changed else ', as before'}.")


@contextmanager
def _desk(data: Path, sid: str) -> Iterator[OptOutDesk]:
    with reachable_store(data, environment(), "opt-outs") as settings, known_account(sid):
        from shortlink.bootstrap.operations import open_opt_outs

        yield open_opt_outs(settings)
