"""`shortlink erase`: remove a number from everything that is kept here."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from shortlink.cli.erasure_report import in_words, may_be_left
from shortlink.cli.installation import reachable_store
from shortlink.cli.left_out import NOT_ALL
from shortlink.cli.number import read_number
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import counting
from shortlink.cli.simulator_erasure import erase_from_simulator
from shortlink.config import Settings, environment
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.opt_out import spellings
from shortlink.supervisor.data_directory import DataDirectory


@click.command()
@click.argument("recipient")
@data_option
@json_option
def erase(*, recipient: str, data: Path, as_json: bool) -> None:
    """Remove the number RECIPIENT (such as +818011234567) from everything that is kept, and say what went.

    Its messages lose number, text and callbacks; what was not sent yet is not sent. Their links still lead on, and
    the counts stay; log files of past days change. That it opted out stays known, by a digest. With `-` in place of
    the number, it is read from the standard input. Stop sending to the number first: what is accepted meanwhile may
    be missed. The exit code is 3 when the number may still stand somewhere here, and the text says where.
    """
    number = read_number(recipient)
    with reachable_store(data, environment(), "erase") as settings, counting("messages") as show:
        from shortlink.bootstrap.operations import open_inspection
        from shortlink.use_cases.compact_log import compact_log
        from shortlink.use_cases.erase_recipient import erase_recipient

        here = open_inspection(settings)
        report = erase_recipient(
            number, inspector=here.inspector, erasures=here.erasures, opt_outs=here.opt_outs, progress=show
        )
        archived = _erase_from_archive(settings, number)
        compacted = compact_log(here.house)
        simulator = _erase_from_simulator(DataDirectory(data), number)
    facts = {
        "looked_at": report.looked_at,
        "erased": report.erased,
        "cancelled": report.cancelled,
        "received": report.received,
        "unreadable": report.unreadable,
        "archive": archived,
        "log_rewritten": compacted,
        "simulator": simulator,
    }
    click.echo(json.dumps(facts) if as_json else in_words(number, facts))
    if may_be_left(facts):
        sys.exit(NOT_ALL)


def _erase_from_simulator(directory: DataDirectory, number: str) -> dict[str, int] | None:
    """Clean the simulator's database of a number, however it is written; None when there is none."""
    found = [erase_from_simulator(directory, one) for one in spellings(number)]
    removed = [counts for counts in found if counts is not None]
    return {name: sum(counts[name] for counts in removed) for name in removed[0]} if removed else None


def _erase_from_archive(settings: Settings, number: str) -> dict[str, Any] | None:
    """Clean the archive of events; None when there is none here. One that cannot be used keeps nobody from the rest."""
    from shortlink.bootstrap.archive import build_file_desk, has_archive
    from shortlink.use_cases.erase_archived import erase_archived

    if not has_archive(settings):
        return None
    try:
        return asdict(erase_archived(number, build_file_desk(settings)))
    except ArchiveUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return {"rows": None, "lines": None, "damaged": ()}
