"""`shortlink logs …`: list and download an account's log files."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.inert_text import inert
from shortlink.cli.options import json_option
from shortlink.cli.progress import amounts
from shortlink.dialects.logs import LogType
from shortlink.domain.errors import ShortlinkError

if TYPE_CHECKING:
    from shortlink.client import Client

_TYPES = [one.value for one in LogType]
_NAME = re.compile(r"[a-z][a-z-]*\.[0-9]{4}-[0-9]{2}-[0-9]{2}\.log")  # of any type: the service may know more of them
_ENDINGS = {"csv": "", "header": ".csv", "json": ".json", "xml": ".xml"}


class NoLogFile(ShortlinkError):
    """The service gave a log file a name that none has; a file of that name might be anything."""


class FileIsThere(ShortlinkError):
    """A download would overwrite a file."""


@click.group()
def logs() -> None:
    """List and download log files: attempts, deliveries, clicks and so on, one a UTC day and type."""


@logs.command("list")
@click.argument("day", required=False)
@account_options
@json_option
def list_(*, day: str | None, as_json: bool, **where: Any) -> None:
    """List the files of DAY (such as 2026-11-21), or the days of which there are files."""
    with open_client(**where) as client:
        found = [file.name for file in client.log_files(_day(day))] if day else list(client.log_days())
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(map(inert, found)) or (f"No log files of {_day(day)}." if day else "No logs yet."))


@logs.command()
@click.argument("names", nargs=-1)
@click.option("--from", "first", metavar="DAY", help="All files from this UTC day on, in place of NAMES.")
@click.option("--to", "last", metavar="DAY", help="… up to this one; without it, the newest.")
@click.option("--type", "types", multiple=True, type=click.Choice(_TYPES), help="Only files of this type.")
@click.option(
    "--form", type=click.Choice(list(_ENDINGS)), default="header", show_default=True, help="header is CSV with names."
)
@click.option(
    "--into", type=click.Path(path_type=Path), default=Path(), show_default=True, help="Folder; - is standard output."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@account_options
@json_option
def download(
    *,
    names: tuple[str, ...],
    first: str | None,
    last: str | None,
    types: tuple[str, ...],
    form: str,
    into: Path,
    force: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Download log files by NAMES, as `shortlink logs list` shows them, or all of some days."""
    if bool(names) == bool(first):
        raise click.UsageError("give NAMES, or days with --from and --to")
    if last and _day(last) < _day(first):
        raise click.UsageError("--to lies before --from")
    with open_client(**where) as client:
        wanted = list(names) or list(_names_of_days(client, _day(first), _day(last), types))
        with amounts("log files", len(wanted)) as advance:
            written = []
            for name in wanted:
                written.append(_save(client, name, form, into, force=force))
                advance(1)
    if as_json:
        click.echo(json.dumps(written), err=str(into) == "-")
    elif str(into) != "-":
        click.echo(f"{len(written)} {'file' if len(written) == 1 else 'files'} in {into.absolute()}")


def _names_of_days(client: Client, first: str, last: str, types: Iterable[str]) -> Iterator[str]:
    kinds = set(types)
    for day in client.log_days():
        if first <= day <= (last or "9999"):
            for file in client.log_files(day):
                if _NAME.fullmatch(file.name) is None:
                    raise NoLogFile(f"the service calls a log file {file.name!a}, which is no name of one")
                if not kinds or file.name.split(".")[0] in kinds:
                    yield file.name


def _save(client: Client, name: str, form: str, into: Path, *, force: bool) -> str:
    """Download one file, and say where it is."""
    opened = client.open_log(name, form)
    if str(into) == "-":
        with opened as pieces:
            sys.stdout.buffer.writelines(pieces)
        return name
    goal = into / f"{name}{_ENDINGS[form]}"
    if goal.exists() and not force:
        raise FileIsThere(f"{goal} is there; --force overwrites it")
    into.mkdir(parents=True, exist_ok=True)
    _write_whole(goal, opened)
    return str(goal)


def _write_whole(goal: Path, opened: AbstractContextManager[Iterator[bytes]]) -> None:
    """Write a file whole or not at all: it gets its name when all of it is there."""
    draft = goal.with_name(f".{goal.name}.part")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # numbers and texts are in it
        with os.fdopen(descriptor, "wb") as file, opened as pieces:
            file.writelines(pieces)
        draft.replace(goal)
    finally:
        draft.unlink(missing_ok=True)


def _day(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return click.DateTime(formats=["%Y-%m-%d"]).convert(text, None, None).date().isoformat()
    except click.BadParameter as error:
        raise click.UsageError(f"{text!r} is no day; write one as 2026-11-21") from error
