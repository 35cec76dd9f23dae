"""`shortlink accounts …`: who may send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.config import environment
from shortlink.domain.account import Account
from shortlink.domain.errors import NotFound, ShortlinkError
from shortlink.supervisor.data_directory import DataDirectory

if TYPE_CHECKING:
    from shortlink.use_cases.manage_accounts import AccountDesk


class NoSuchAccount(ShortlinkError):
    """There is no account of that SID."""


@click.group()
def accounts() -> None:
    """Add, list, rotate and close accounts.

    Works while `shortlink up` runs on the data directory and without it; SHORTLINK_REDIS_URL names another store.
    """


@accounts.command()
@click.argument("name")
@click.option("--send-rate", type=click.FloatRange(min=0), help="Sends a second; 0 for no limit.")
@click.option("--list-rate", type=click.FloatRange(min=0), help="List calls a second; 0 for no limit.")
@data_option
@json_option
def add(*, name: str, send_rate: float | None, list_rate: float | None, data: Path, as_json: bool) -> None:
    """Add an account called NAME. Its token is shown now and never again."""
    with _desk(data) as desk:
        new = desk.add(name, send_rate=send_rate, list_rate=list_rate)
    _tell({"sid": new.sid, "auth_token": new.auth_token, "webhook_secret": new.webhook_secret}, as_json=as_json)


@accounts.command("list")
@data_option
@json_option
def list_(*, data: Path, as_json: bool) -> None:
    """List all accounts."""
    with _desk(data) as desk:
        found = desk.list()
    if as_json:
        click.echo(json.dumps([_facts(account) for account in found]))
    else:
        _show(found)


@accounts.command()
@click.argument("sid")
@click.option("--secret", is_flag=True, help="The webhook secret; without it, the token.")
@data_option
@json_option
def rotate(*, sid: str, secret: bool, data: Path, as_json: bool) -> None:
    """Give account SID a new token, which ends the old one, or a new webhook secret.

    Callbacks are signed with the old and the new secret for two days, so that receivers can change over.
    """
    with _desk(data) as desk, _known(sid):
        if secret:
            changed = {"sid": sid, "webhook_secret": desk.rotate_secret(sid)}
        else:
            changed = {"sid": sid, "auth_token": desk.rotate_token(sid)}
            _keep_for_up(DataDirectory(data), sid, changed["auth_token"])
    _tell(changed, as_json=as_json)


@accounts.command()
@click.argument("sid")
@data_option
def disable(*, sid: str, data: Path) -> None:
    """Close account SID: its token stops working."""
    with _desk(data) as desk, _known(sid):
        desk.disable(sid)
    click.echo(f"{sid} is closed.")


@accounts.command()
@click.argument("sid")
@data_option
def enable(*, sid: str, data: Path) -> None:
    """Open account SID again."""
    with _desk(data) as desk, _known(sid):
        desk.enable(sid)
    click.echo(f"{sid} is open.")


@contextmanager
def _desk(data: Path) -> Iterator[AccountDesk]:
    with reachable_store(data, environment(), "accounts") as settings:
        from shortlink.bootstrap import open_accounts  # brings in every store: not for `--help`

        yield open_accounts(settings)


@contextmanager
def _known(sid: str) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise NoSuchAccount(f"there is no account {sid}; `shortlink accounts list` shows them all") from error


def _keep_for_up(directory: DataDirectory, sid: str, token: str) -> None:
    """Let the next `up` show the demo account's new token."""
    if directory.demo_account().get("sid") == sid:
        directory.keep_demo_account(sid=sid, auth_token=token)


def _tell(facts: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            click.echo(f"{name:<15}{value}")


def _facts(account: Account) -> dict[str, Any]:
    return {
        "sid": account.sid,
        "name": account.name,
        "created": _day(account.created_at),
        "disabled": account.disabled,
    }


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _show(found: list[Account]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("SID", "Name", "Created (UTC)", "State")
    for account in found:
        state = "[red]closed[/]" if account.disabled else "[green]open[/]"
        table.add_row(account.sid, escape(account.name), _day(account.created_at), state)
    Console().print(table if found else "No accounts yet; `shortlink accounts add NAME` makes one.")
