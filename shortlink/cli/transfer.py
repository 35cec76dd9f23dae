"""`shortlink export` and `shortlink import`: carry accounts and messages to another installation, or keep a copy."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from shortlink.cli.export_file import STANDARD, ExportReader, writing
from shortlink.cli.installation import reachable_store
from shortlink.cli.left_out import NOT_ALL, left_out
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import amounts, counting
from shortlink.config import environment
from shortlink.domain.key_check import key_check

_MEND_RECORDS = "`shortlink audit` says what is wrong with messages; mend what is named, and export again."
_MEND_LINES = "Mend these lines of the file, and import it again: what was put is known then and stays as it is."
_PATH = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command("export")
@click.argument("file", type=_PATH)
@click.option("--account", "sid", metavar="SID", help="Only this account; without it, all of them.")
@data_option
@json_option
def export(*, file: Path, sid: str | None, data: Path, as_json: bool) -> None:
    """Write accounts, opt-outs, webhooks, senders and messages to FILE, a JSON object a line; .gz compresses.

    `-` is the standard output. Texts and numbers are in it, so the file is for its owner alone. The event log is not;
    `shortlink logs` has it. What cannot be read is left out and named, and the exit code is then 3.
    """
    written = 0
    damaged: list[str] = []
    with (
        reachable_store(data, environment(), "export") as settings,
        writing(file) as out,
        counting("messages") as show,
    ):
        from shortlink.bootstrap.operations import open_accounts, open_transfer
        from shortlink.use_cases.export_accounts import export_accounts

        if sid is not None:
            open_accounts(settings).get(sid)
        here = open_transfer(settings)
        fingerprint = key_check(settings.secret_key)
        lines = export_accounts(
            transfer=here.transfer,
            inspector=here.inspector,
            sid=sid,
            key_check=fingerprint,
            progress=show,
            leave_out=damaged.append,
        )
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += line["kind"] == "message"
    if file != STANDARD:
        click.echo(json.dumps({"messages": written, "left_out": damaged}) if as_json else _in_words(written, file))
    _end(damaged, _MEND_RECORDS)


@click.command("import")
@click.argument("file", type=_PATH)
@click.option("--take-over", is_flag=True, help="The other installation has stopped: go on with what it owed.")
@data_option
@json_option
def import_(*, file: Path, take_over: bool, data: Path, as_json: bool) -> None:
    """Put what `shortlink export` wrote into this installation; what is there already stays as it is.

    A second import changes nothing. Only with the same SHORTLINK_SECRET_KEY, tokens, webhook secrets and opt-outs hold.
    A line that is not as an export writes it is left out and named, and the exit code is then 3.
    """
    damaged: list[str] = []
    from shortlink.use_cases.import_accounts import import_accounts, read_header

    with ExportReader(file) as reader, reachable_store(data, environment(), "import", new=True) as settings:
        from shortlink.bootstrap.operations import open_transfer

        lines = reader.lines()
        other_key = read_header(next(lines, {})) != key_check(settings.secret_key)
        here = open_transfer(settings)
        with amounts("importing", reader.size, in_bytes=True) as advance:
            counts = import_accounts(
                lines,
                transfer=here.transfer,
                take_over=take_over,
                progress=lambda _: advance(reader.further()),
                leave_out=damaged.append,
            )
    if as_json:
        found = {name: counts[name] for name in ("new", "known", "ended")}
        click.echo(json.dumps({**found, "left_out": damaged, "same_key": not other_key}))
    else:
        _tell(counts, other_key=other_key)
    _end(damaged, _MEND_LINES)


def _tell(counts: Mapping[str, int], *, other_key: bool) -> None:
    click.echo(
        f"Accounts, opt-outs, webhooks, senders, messages: {counts['new']:,} new, {counts['known']:,} known already,"
        f" {counts['ended']:,} ended since."
    )
    if other_key:
        click.echo(
            "The export comes from another SHORTLINK_SECRET_KEY: give each account a new token"
            " (`shortlink accounts rotate SID`), and tell its owner the new webhook secret (`rotate SID --secret`)."
            " Opt-outs are kept under that key and hold nobody back here: import with it, or note them anew"
            " (`shortlink opt-outs add`).",
            err=True,
        )


def _end(damaged: Sequence[str], mend: str) -> None:
    """End the command with what it left out, if anything."""
    if damaged:
        click.echo(left_out(damaged, mend), err=True)
        sys.exit(NOT_ALL)


def _in_words(count: int, file: Path) -> str:
    return f"{count:,} {'message is' if count == 1 else 'messages are'} in {file}."
