"""The command: every look in turn, then a table or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlink.cli.doctor.finding import Finding, State, ok, problem, warning
from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import working
from shortlink.cli.screen import show_table
from shortlink.config import environment
from shortlink.domain.errors import ArchiveUnavailable, StoreUnavailable

if TYPE_CHECKING:
    from rich.text import Text

    from shortlink.bootstrap.operations import Examination
    from shortlink.config import Settings

_PROCESSES = "one that runs and is not seen hangs: end it, what it held comes back; see docs/deployment.md#processes"
_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "red"}


@click.command()
@click.option("--offline", is_flag=True, help="Leave out the carrier and the public addresses.")
@data_option
@json_option
def doctor(*, offline: bool, data: Path, as_json: bool) -> None:
    """Look at settings, store, processes, clock, carrier, public addresses and certificates.

    Each finding says what is wrong and how to mend it. Exit code 1 when there is a problem; warnings are none.
    Nothing is changed and nothing is sent.
    """
    with reachable_store(data, environment(), "doctor") as settings, working("looking"):
        findings = list(_look(settings, offline=offline))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        _show(findings)
    if any(finding.state is State.PROBLEM for finding in findings):
        sys.exit(1)


def _look(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    from shortlink.cli.doctor.settings import look_at_settings

    yield from look_at_settings(settings)
    yield from _look_inside(settings)
    yield from _look_at_archive(settings)
    if offline:
        return
    from shortlink.cli.doctor.network import look_at_address

    yield _look_at_carrier(settings)
    yield from look_at_address("API", settings.api_url)
    yield from look_at_address("links", settings.link_url)


def _look_inside(settings: Settings) -> Iterator[Finding]:
    from shortlink.bootstrap.operations import open_examination
    from shortlink.cli.doctor.store import (
        look_at_accounts,
        look_at_clock,
        look_at_keys,
        look_at_records,
        look_at_secret_key,
        look_at_store,
        look_at_trouble,
        look_at_webhooks,
    )
    from shortlink.domain.key_check import key_check
    from shortlink.use_cases.check_readiness import check_now
    from shortlink.use_cases.find_unreadable import find_unreadable

    here = open_examination(settings)
    try:
        vitals = here.vitals.read()
        yield from look_at_store(vitals)
        yield look_at_clock(here.vitals.now(), int(time.time() * 1000))
        yield look_at_secret_key(here.key_note.read(), key_check(settings.secret_key))
        wrong = here.vitals.wrong_keys()
        yield look_at_keys(wrong)
        if not wrong:  # what is kept in them can be looked at
            yield look_at_records(find_unreadable(here.unreadable, here.inspector))
            yield look_at_accounts(here.accounts.damaged())
            yield look_at_webhooks(here.webhooks.damaged())
        here.presence.check_writable()
    except StoreUnavailable as error:
        yield look_at_trouble(error)
        return
    for part, word in check_now(here.presence).items():
        yield ok(part, "ok") if word == "ok" else problem(part, word, _PROCESSES)
    if not wrong:
        yield from _look_at_work(here)


def _look_at_work(here: Examination) -> Iterator[Finding]:
    from shortlink.cli.doctor.work import look_at_due
    from shortlink.domain.due import Due

    now = here.vitals.now()
    for due, name in ((Due.MESSAGES, "messages"), (Due.CALLBACKS, "callbacks")):
        yield look_at_due(name, here.ledger.first_due_at(due), now)


def _look_at_archive(settings: Settings) -> Iterator[Finding]:
    from shortlink.bootstrap.archive import build_file_desk, has_archive
    from shortlink.bootstrap.archive_reader import build_archive_reader
    from shortlink.bootstrap.operations import open_examination
    from shortlink.cli.doctor.archive import look_at_archive, look_at_old_days, look_at_recording, look_at_spool
    from shortlink.cli.doctor.work import look_at_unsent
    from shortlink.use_cases.check_readiness import EXTRA_ROLES, check_extra

    yield look_at_spool(settings.spool_dir)
    yield look_at_archive(settings.archive_dir)
    if settings.archive_dir is not None:
        if settings.archive_s3_url or settings.archive_dir.is_dir():  # or there are no days, which was just told
            yield look_at_old_days(settings.archive_s3_url, build_file_desk(settings).files)
        here = open_examination(settings)
        if (reader := build_archive_reader(settings)) and has_archive(settings):
            with suppress(StoreUnavailable):  # which was told
                yield look_at_recording(reader.events, here.streams)
            with suppress(ArchiveUnavailable):  # likewise
                yield look_at_unsent(reader.oldest_unsent_at(), int(time.time() * 1000))
        for role in EXTRA_ROLES:
            word = check_extra(role, here.presence)
            yield ok(role, "ok") if word == "ok" else warning(role, word, _PROCESSES)


def _look_at_carrier(settings: Settings) -> Finding:
    from shortlink.bootstrap.carrier import build_carrier
    from shortlink.cli.doctor.carrier import judge_answer
    from shortlink.use_cases.probe_carrier import probe_carrier

    name = "carrier credentials"
    if not settings.twilio_account_sid:
        return problem(name, "none are set", "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
    return judge_answer(name, probe_carrier(build_carrier(settings)))


def _show(findings: list[Finding]) -> None:
    from rich.text import Text

    rows = [(Text(one.state, _COLOURS[one.state]), one.name, _in_words(one)) for one in findings]
    show_table(("", "What", "Seen, and how to mend it"), rows, folded=("Seen, and how to mend it",))
    problems, warnings, well = (
        sum(finding.state is state for finding in findings) for state in (State.PROBLEM, State.WARNING, State.OK)
    )
    click.echo(f"problems: {problems}; warnings: {warnings}; well: {well}")


def _in_words(finding: Finding) -> Text:
    from rich.text import Text

    return Text.assemble(finding.seen, (f"\n→ {finding.mend}" if finding.mend else "", "bold"))
