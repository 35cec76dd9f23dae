"""`shortlink export` and `shortlink import`: carry accounts and messages to another installation, or keep a copy."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shortlink.cli.export_file import STANDARD, ExportReader, writing
from shortlink.cli.installation import key_check, reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import amounts, counting
from shortlink.config import environment

_PATH = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command("export")
@click.argument("file", type=_PATH)
@click.option("--account", "sid", metavar="SID", help="Only this account; without it, all of them.")
@data_option
@json_option
def export(*, file: Path, sid: str | None, data: Path, as_json: bool) -> None:
    """Write accounts, opt-outs, webhooks and messages to FILE, a JSON object a line; .gz compresses.

    `-` is the standard output. Texts and numbers are in it, so the file is for its owner alone. The event log is not;
    `shortlink logs` has it.
    """
    written = 0
    with (
        reachable_store(data, environment(), "export") as settings,
        writing(file) as out,
        counting("messages") as show,
    ):
        from shortlink.bootstrap import open_accounts, open_transfer
        from shortlink.use_cases.carry_over import write_down

        if sid is not None:
            open_accounts(settings).get(sid)
        here = open_transfer(settings)
        fingerprint = key_check(settings.secret_key)
        lines = write_down(
            transfer=here.transfer, inspector=here.inspector, sid=sid, key_check=fingerprint, progress=show
        )
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += line["kind"] == "message"
    if file != STANDARD:
        click.echo(json.dumps({"messages": written}) if as_json else _in_words(written, file))


@click.command("import")
@click.argument("file", type=_PATH)
@click.option("--take-over", is_flag=True, help="The other installation has stopped: go on with what it owed.")
@data_option
@json_option
def import_(*, file: Path, take_over: bool, data: Path, as_json: bool) -> None:
    """Put what `shortlink export` wrote into this installation; what is there already stays as it is.

    A second import changes nothing. Only with the same SHORTLINK_SECRET_KEY, tokens, webhook secrets and opt-outs hold.
    """
    from shortlink.use_cases.carry_over import read_header, take_up

    with ExportReader(file) as reader, reachable_store(data, environment(), "import", new=True) as settings:
        from shortlink.bootstrap import open_transfer

        lines = reader.lines()
        other_key = read_header(next(lines, {})) != key_check(settings.secret_key)
        here = open_transfer(settings)
        with amounts("importing", reader.size, in_bytes=True) as advance:
            counts = take_up(
                lines, transfer=here.transfer, take_over=take_over, progress=lambda _: advance(reader.further())
            )
    if as_json:
        click.echo(
            json.dumps({**{name: counts[name] for name in ("new", "known", "ended")}, "same_key": not other_key})
        )
        return
    click.echo(
        f"Accounts, opt-outs, webhooks and messages: {counts['new']:,} new, {counts['known']:,} known already,"
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


def _in_words(count: int, file: Path) -> str:
    return f"{count:,} {'message is' if count == 1 else 'messages are'} in {file}."
