"""`shortlink callbacks …`: try callbacks again that never arrived."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import DAY, data_option, json_option
from shortlink.cli.progress import counting
from shortlink.config import Settings, environment
from shortlink.domain.errors import NotFound

if TYPE_CHECKING:
    from shortlink.use_cases.redeliver_callbacks import Redelivery

_EPOCH = date(1970, 1, 1).toordinal()
_WORDS = {
    "ok": ("reopened", "is tried again"),
    "pending": ("pending", "is being tried anyway"),
    "kept": ("kept", "has arrived; --delivered tries it again"),
    "none": ("none", "never fell due"),
}


@click.group()
def callbacks() -> None:
    """Try callbacks again."""


@callbacks.command()
@click.argument("name", metavar="SID|MSGID")
@click.option("--from", "first", type=DAY, help="First day on which the messages were sent, in UTC.")
@click.option("--to", "last", type=DAY, help="Last day on which the messages were sent, in UTC.")
@click.option("--delivered", is_flag=True, help="Also those that have arrived.")
@data_option
@json_option
def redeliver(
    *, name: str, first: datetime | None, last: datetime | None, delivered: bool, data: Path, as_json: bool
) -> None:
    """Begin another ten tries for callbacks that never arrived, with the same event ids and fields.

    Of all messages that account SID sent on some days, with --from and --to; or of the one message MSGID.
    """
    if (first is None) != (last is None):
        raise click.UsageError("--from and --to are given together: with an account's SID, and not with a message's id")
    if first and last and last < first:
        raise click.UsageError("--to lies before --from")
    with reachable_store(data, environment(), "callbacks") as settings:
        if first and last:
            days = (first.toordinal() - _EPOCH, last.toordinal() - _EPOCH)
            _tell_count(_of_days(settings, name, days, delivered=delivered), as_json=as_json)
        else:
            _tell_each(_of_message(settings, name, delivered=delivered), as_json=as_json)


def _of_days(settings: Settings, sid: str, days: tuple[int, int], *, delivered: bool) -> int:
    from shortlink.bootstrap.operations import open_accounts, open_inspection
    from shortlink.use_cases.redeliver_callbacks import ENDED, UNDELIVERED, redeliver_days

    open_accounts(settings).get(sid)
    here = open_inspection(settings)
    with counting("messages") as show:
        return redeliver_days(
            sid=sid,
            first_day=days[0],
            last_day=days[1],
            day_lists=here.day_lists,
            callbacks=here.callbacks,
            reopening=ENDED if delivered else UNDELIVERED,
            progress=show,
        )


def _of_message(settings: Settings, msgid: str, *, delivered: bool) -> dict[str, Redelivery]:
    from shortlink.bootstrap.operations import open_inspection
    from shortlink.use_cases.redeliver_callbacks import ENDED, UNDELIVERED, redeliver_message

    here = open_inspection(settings)
    reopening = ENDED if delivered else UNDELIVERED
    try:
        found = redeliver_message(msgid, messages=here.messages, callbacks=here.callbacks, reopening=reopening)
    except NotFound as error:
        raise NotFound(f"there is no message {msgid}; for an account, give its SID with --from and --to") from error
    return {kind.name.lower(): answer for kind, answer in found.items()}


def _tell_count(count: int, *, as_json: bool) -> None:
    callbacks = "callback is" if count == 1 else "callbacks are"
    click.echo(json.dumps({"redelivering": count}) if as_json else f"{count:,} {callbacks} tried again.")


def _tell_each(found: dict[str, Redelivery], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({kind: _WORDS[answer.value][0] for kind, answer in found.items()}))
        return
    for kind, answer in found.items():
        click.echo(f"The {kind} callback {_WORDS[answer.value][1]}.")
    if not found:
        click.echo("This message asked for no callback, or none has fallen due yet.")
