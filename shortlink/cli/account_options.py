"""How the commands that use the API find it, and in whose name they call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from shortlink.cli.demo_account import rotate_command
from shortlink.cli.options import data_option
from shortlink.domain.errors import ShortlinkError
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock

if TYPE_CHECKING:
    from shortlink.client import Client, ClientError

Command = TypeVar("Command", bound=Callable[..., Any])


class ServiceRefuses(ShortlinkError):
    """The service did not do what a command asked for."""


class NoAccount(ShortlinkError):
    """Nobody said where the service is, or in whose name to call."""


def account_options(command: Command) -> Command:
    """Add the options `--api-url`, `--sid`, `--token` and `--data` to a command."""
    for option in (
        data_option,
        click.option("--token", envvar="SHORTLINK_TOKEN", show_envvar=True, help="Its token; better as a variable."),
        click.option("--sid", envvar="SHORTLINK_SID", show_envvar=True, help="The account; else the demo account."),
        click.option("--api-url", envvar="SHORTLINK_API_URL", show_envvar=True, help="Where the API is."),
    ):
        command = option(command)
    return command


@contextmanager
def open_client(*, api_url: str | None, sid: str | None, token: str | None, data: Path) -> Iterator[Client]:
    """Give a client; what the options leave open is that of the `shortlink up` on the data directory.

    Raises NoAccount, and ServiceRefuses for whatever goes wrong inside the `with`.
    """
    from shortlink.client import AuthenticationFailed, Client, ClientError, ConnectionFailed, InvalidArgument

    url = _checked(api_url) if api_url else _local_api(data)
    user, password = _account(sid, token, data)
    try:
        with Client(url, user, password) as client:
            yield client
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
    except ConnectionFailed as error:
        raise ServiceRefuses(f"no answer from {url} ({_reason(error)}); --api-url names where the API is") from error
    except AuthenticationFailed as error:
        remedy = f"--sid and --token name an account of {url}"
        if not sid:
            remedy += f"; `{rotate_command(user, data)}` gives the demo account a token that is known here"
        raise ServiceRefuses(f"{error}; {remedy}{_named(error)}") from error
    except ClientError as error:
        raise ServiceRefuses(f"{error}{_named(error)}") from error


def _named(error: ClientError) -> str:
    """Say under which id the operator finds a request in the log."""
    identifier = getattr(error, "request_id", "")
    return f" (request id {identifier})" if identifier else ""


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise click.UsageError(f"--api-url: {url!r} is no address; write it as http://127.0.0.1:8000")
    return url


def _reason(error: BaseException) -> str:
    """Say in the system's words why there was no answer; they lie below what the HTTP library says."""
    found = "the connection broke off, or timed out"
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            found = cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return found


def _local_api(data: Path) -> str:
    directory = DataDirectory(data)
    occupant = DirectoryLock(directory.path).occupant()
    if occupant is None or occupant.api_url is None:
        raise NoAccount(f"no `shortlink up` runs on {directory.path}; start one, or name a service with --api-url")
    return occupant.api_url


def _account(sid: str | None, token: str | None, data: Path) -> tuple[str, str]:
    if bool(sid) != bool(token):
        raise click.UsageError("--sid and --token are given together")
    if sid and token:
        return sid, token
    known = DataDirectory(data).demo_account()
    if not {"sid", "auth_token"} <= known.keys():
        raise NoAccount(f"there is no demo account in {data}; give --sid and --token")
    return str(known["sid"]), str(known["auth_token"])
