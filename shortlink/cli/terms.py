"""What an operator may decide for one account, as options of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from shortlink.use_cases.manage_accounts import Terms  # brings in the stores: not for `--help`

Command = TypeVar("Command", bound=Callable[..., Any])
_DEFAULT = "default"


class Rate(click.ParamType[float | str]):
    """Calls a second: a number, or `default` for the installation's setting."""

    name = "rate"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return f"N|{_DEFAULT}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        if value == _DEFAULT:
            return _DEFAULT
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if not 0 <= rate < 1e9:
            self.fail(f"must be a number, 0 or more, or `{_DEFAULT}`", param, ctx)
        return rate


def terms_options(command: Command) -> Command:
    """Add the options `--send-rate`, `--list-rate` and `--unconfirmed` to a command; `read_terms` takes them."""
    for option in (
        click.option(
            "--unconfirmed",
            type=click.Choice(["hold", "resend"]),
            help="What becomes of a message that cannot be found at the carrier: held back, or sent again.",
        ),
        click.option("--list-rate", type=Rate(), help="List calls a second; 0 for no limit."),
        click.option("--send-rate", type=Rate(), help="Sends a second; 0 for no limit."),
    ):
        command = option(command)
    return command


def read_terms(*, send_rate: float | str | None, list_rate: float | str | None, unconfirmed: str | None) -> Terms:
    """Read the options that were given; those left out change nothing."""
    terms: Terms = {}
    if send_rate is not None:
        terms["send_rate"] = None if isinstance(send_rate, str) else send_rate
    if list_rate is not None:
        terms["list_rate"] = None if isinstance(list_rate, str) else list_rate
    if unconfirmed is not None:
        terms["hold_unconfirmed"] = unconfirmed == "hold"
    return terms
