"""`shortlink accounts …`: who may send."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.inert_text import inert_lines
from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.cli.screen import show_table
from shortlink.cli.terms import read_terms, terms_options
from shortlink.config import environment
from shortlink.dialects.xoxzo import time_text
from shortlink.domain.account import Account
from shortlink.domain.errors import AccountUnreadable, NotFound, ShortlinkError
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
@terms_options
@data_option
@json_option
def add(*, name: str, data: Path, as_json: bool, **terms: Any) -> None:
    """Add an account called NAME. Its token is shown now and never again."""
    if not name.strip():
        raise click.BadParameter("give it a name that says whose it is", param_hint="NAME")
    if not name.isprintable():
        raise click.BadParameter("line breaks and control characters are no part of a name", param_hint="NAME")
    with _desk(data, new=True) as desk:
        new = desk.add(name, **read_terms(**terms))
    _tell({"sid": new.sid, "auth_token": new.auth_token, "webhook_secret": new.webhook_secret}, as_json=as_json)


@accounts.command("list")
@data_option
@json_option
def list_(*, data: Path, as_json: bool) -> None:
    """List all accounts; one that cannot be read is named with what is wrong, and makes the exit code 1."""
    with _desk(data) as desk:
        found, damaged = desk.list(), desk.damaged()
    if as_json:
        click.echo(json.dumps([*map(_facts, found), *map(_damage, damaged)]))
    elif found or not damaged:
        _show(found)
    for error in damaged:
        click.echo(f"shortlink: {inert_lines(str(error))}; {error.mend}", err=True)
    if damaged:
        sys.exit(1)


@accounts.command("set")
@click.argument("sid")
@terms_options
@data_option
@json_option
def set_(*, sid: str, data: Path, as_json: bool, **terms: Any) -> None:
    """Change the rates of account SID, or what becomes of its messages when their sending is in doubt."""
    if not (changes := read_terms(**terms)):
        raise click.UsageError("nothing to change; give --send-rate, --list-rate or --unconfirmed")
    with _desk(data) as desk, known_account(sid):
        account = desk.change(sid, **changes)
    if as_json:
        click.echo(json.dumps(_facts(account)))
    else:
        _show([account])


@accounts.command()
@click.argument("sid")
@click.option("--secret", is_flag=True, help="The webhook secret; without it, the token.")
@data_option
@json_option
def rotate(*, sid: str, secret: bool, data: Path, as_json: bool) -> None:
    """Give account SID a new token, which ends the old one, or a new webhook secret.

    Callbacks are signed with the old secret as well for two days, so that receivers can change over. At most five
    secrets sign at the same time.
    """
    with _desk(data) as desk, known_account(sid):
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
    with _desk(data) as desk, known_account(sid):
        desk.disable(sid)
    click.echo(f"{sid} is closed.")


@accounts.command()
@click.argument("sid")
@data_option
def enable(*, sid: str, data: Path) -> None:
    """Open account SID again."""
    with _desk(data) as desk, known_account(sid):
        desk.enable(sid)
    click.echo(f"{sid} is open.")


@contextmanager
def _desk(data: Path, *, new: bool = False) -> Iterator[AccountDesk]:
    with reachable_store(data, environment(), "accounts", new=new) as settings:
        from shortlink.bootstrap.operations import open_accounts  # brings in every store: not for `--help`

        yield open_accounts(settings)


@contextmanager
def known_account(sid: str) -> Iterator[None]:
    """Raise NoSuchAccount for what is not found inside the `with`."""
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
        "created": time_text(account.created_at),
        "disabled": account.disabled,
        "send_rate": account.send_rate,
        "list_rate": account.list_rate,
        "unconfirmed": _unconfirmed(account),
        "damage": None,
    }


def _damage(error: AccountUnreadable) -> dict[str, Any]:
    unknown = dict.fromkeys(("name", "created", "disabled", "send_rate", "list_rate", "unconfirmed"))
    return {"sid": error.sid, **unknown, "damage": error.reason}


def _unconfirmed(account: Account) -> str:
    return "hold" if account.hold_unconfirmed else "resend"


def _rate(rate: float | None) -> str:
    if rate is None:
        return "default"
    return f"{rate:g}" if rate else "no limit"


def _show(found: Sequence[Account]) -> None:
    from rich.text import Text

    if not found:
        click.echo("No accounts yet; `shortlink accounts add NAME` makes one.")
        return
    rows = [
        (
            one.sid,
            one.name,
            time_text(one.created_at)[:10],
            Text("closed", "red") if one.disabled else Text("open", "green"),
            _rate(one.send_rate),
            _rate(one.list_rate),
            _unconfirmed(one),
        )
        for one in found
    ]
    show_table(("SID", "Name", "Created", "State", "Sends/s", "Lists/s", "Unconfirmed"), rows, folded=("Name",))
