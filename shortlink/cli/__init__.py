"""The command line: `shortlink up`, `shortlink accounts …`, `shortlink audit` and the others, a module each.

Nothing here decides anything about messages or links; the other processes are started as processes, never imported.
"""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from shortlink.cli.accounts import accounts
from shortlink.cli.audit import audit
from shortlink.cli.callbacks import callbacks
from shortlink.cli.check import check
from shortlink.cli.doctor import doctor
from shortlink.cli.erase import erase
from shortlink.cli.inert_text import escape_what_has_no_letter, inert_lines
from shortlink.cli.links import links
from shortlink.cli.logs import logs
from shortlink.cli.opt_outs import opt_outs
from shortlink.cli.screen import wants_colour
from shortlink.cli.send import send
from shortlink.cli.status import status
from shortlink.cli.tail import tail
from shortlink.cli.transfer import export, import_
from shortlink.cli.up import up
from shortlink.cli.webhooks import webhooks
from shortlink.domain.errors import SettingsError, ShortlinkError


class _PlainErrors(click.Group):
    """A group whose commands end with a plain sentence: exit code 1 for a failure, 2 for a wrong setting."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ShortlinkError as error:
            click.echo(f"shortlink: {inert_lines(str(error))}", err=True)
            ctx.exit(2 if isinstance(error, SettingsError) else 1)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # who read the output has seen enough: click ends quietly
            click.echo(f"shortlink: {error.filename or 'writing failed'}: {error.strerror or error}", err=True)
            ctx.exit(1)


@click.group(cls=_PlainErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shortlink")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Send SMS with short links that tell when they were followed."""
    ctx.color = wants_colour()
    for stream in (sys.stdout, sys.stderr):
        escape_what_has_no_letter(stream)


_FOR_USERS = (send, status, tail, logs, webhooks)
_FOR_OPERATORS = (up, check, doctor, accounts, links, callbacks, opt_outs, audit, erase, export, import_)
for command in (*_FOR_USERS, *_FOR_OPERATORS):
    main.add_command(command)
