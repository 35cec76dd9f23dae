"""`shortlink erase`: remove a number from everything that is kept here."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.left_out import NOT_ALL
from shortlink.cli.number import read_number
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import counting
from shortlink.config import Settings, environment
from shortlink.domain.errors import ArchiveUnavailable, ShortlinkError
from shortlink.domain.phone import mask_number
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock

_PATIENCE_SECONDS = 30.0
_NO_ROW_LEFT = "In the archive: no row left to blank"


class SimulatorKeepsIt(ShortlinkError):
    """The simulator's database could not be cleaned."""


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
        from shortlink.bootstrap import open_inspection
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
    click.echo(json.dumps(facts) if as_json else _in_words(number, facts))
    if _may_be_left(facts):
        sys.exit(NOT_ALL)


def _may_be_left(facts: Mapping[str, Any]) -> bool:
    """Whether the number may still stand in a record, in a log file or in the store's file."""
    archive = facts["archive"]
    files_left = archive is not None and (archive["lines"] is None or bool(archive["damaged"]))
    return files_left or facts["unreadable"] > 0 or not facts["log_rewritten"]


def _in_words(number: str, facts: Mapping[str, object]) -> str:
    went = f"messages looked at: {facts['looked_at']}; erased: {facts['erased']}"
    lines = [f"{mask_number(number)}: {went}; of these not surely sent, and not sent any more: {facts['cancelled']}."]
    if facts["received"]:
        lines.append(f"Messages that came from it, and lost number and text: {facts['received']}.")
    if facts["unreadable"]:
        lines.append(
            f"Messages that cannot be read, and may still hold it: {facts['unreadable']}."
            " `shortlink audit` names them (I18); mend or delete their records, and erase again."
        )
    archive = facts["archive"]
    if isinstance(archive, dict):
        lines.append(_of_archive(archive))
    simulator = facts["simulator"]
    if isinstance(simulator, dict):
        removed = f"messages removed: {simulator['messages']}; received callbacks removed: {simulator['callbacks']}."
        lines.append(f"In the simulator's database: {removed}")
    if not facts["log_rewritten"]:
        lines.append(
            "The store did not rewrite its append-only file, which still holds what was erased:"
            " run BGREWRITEAOF on it, or let it rewrite the file in its own time."
        )
    lines.append("Backups and the carrier keep their own copies.")
    return "\n".join(lines)


def _of_archive(archive: Mapping[str, Any]) -> str:
    if archive["rows"] is None:
        return "The archive cannot be used now, and nothing was taken out of it: `shortlink doctor` says what is wrong."
    # A recorder that runs hears of the erasure at once, and may have been quicker.
    blanked = f"In the archive: rows blanked: {archive['rows']}" if archive["rows"] else _NO_ROW_LEFT
    if archive["lines"] is not None:
        told = f"{blanked}; lines of log files: {archive['lines']}."
        if not archive["damaged"]:
            return told
        names = ", ".join(archive["damaged"])
        return (
            f"{told}\nLog files that are damaged, and may still hold it: {names}. Mend or remove them, and erase again."
        )
    return (
        f"{blanked}. Its log files of past days cannot be reached now, and may still hold the number:"
        " the recorder takes it out when they can; `shortlink doctor` says what is wrong."
    )


def _erase_from_archive(settings: Settings, number: str) -> dict[str, Any] | None:
    """Clean the archive of events; None when there is none here. One that cannot be used keeps nobody from the rest."""
    if settings.archive_dir is None or not (settings.archive_dir / "archive.db").exists():
        return None
    from shortlink.bootstrap import build_file_desk
    from shortlink.use_cases.erase_archived import erase_archived

    try:
        return asdict(erase_archived(number, build_file_desk(settings)))
    except ArchiveUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return {"rows": None, "lines": None, "damaged": ()}


def _erase_from_simulator(directory: DataDirectory, number: str) -> dict[str, int] | None:
    """Clean the simulator's database, through the simulator when it runs; None when there is none."""
    file = directory.simulator_messages
    if not file.exists():
        return None
    occupant = DirectoryLock(directory.path).occupant()
    if occupant is not None and occupant.command == "up":
        if occupant.simulator_url is None:
            raise SimulatorKeepsIt("`shortlink up` is still starting; run this again for the simulator's database")
        return _ask_simulator(occupant.simulator_url, number)
    command = [sys.executable, "-m", "shortlink.simulator.erasure", str(file)]
    ended = subprocess.run(command, input=f"{number}\n", capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SimulatorKeepsIt(f"the simulator's database still holds the number: {ended.stderr.strip()}")
    return _counts(ended.stdout)


def _ask_simulator(url: str, number: str) -> dict[str, int]:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        line.request("POST", "/simulator/erase", body=urlencode({"number": number}), headers=form)
        return _counts(line.getresponse().read(65536))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SimulatorKeepsIt(
            f"the simulator's database still holds the number: the simulator does not answer ({type(error).__name__})"
        ) from error
    finally:
        line.close()


def _counts(text: str | bytes) -> dict[str, int]:
    return {name: int(count) for name, count in json.loads(text).items()}
