"""`shortlink audit`: does everything in the store keep its promises?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import counting
from shortlink.cli.screen import show_table
from shortlink.config import Settings, environment

if TYPE_CHECKING:
    from shortlink.domain.invariants import Finding


@click.command()
@data_option
@json_option
def audit(*, data: Path, as_json: bool) -> None:
    """Check every message, link and callback in the store, and the archive; exit code 1 when something is wrong.

    Only reads, and may run while the service works: what is being worked on just then is no finding.
    """
    checked = 0
    with reachable_store(data, environment(), "audit") as settings, counting("messages") as show:

        def note(count: int) -> None:
            nonlocal checked
            checked = count
            show(count)

        findings = list(dict.fromkeys(_findings(settings, note)))
    if as_json:
        click.echo(json.dumps({"checked": checked, "findings": [asdict(finding) for finding in findings]}))
    else:
        _show(checked, findings)
    if findings:
        sys.exit(1)


def _findings(settings: Settings, note: Callable[[int], None]) -> Iterator[Finding]:
    """Go through the store, then through the archive, if there is one."""
    from shortlink.bootstrap.archive import build_record_desk, has_archive
    from shortlink.bootstrap.bounds import build_bounds
    from shortlink.bootstrap.operations import open_inspection
    from shortlink.use_cases.audit_archive import audit_archive, audit_index
    from shortlink.use_cases.audit_store import audit_store

    bounds, inspector = build_bounds(settings), open_inspection(settings).inspector
    yield from audit_store(inspector, bounds=bounds, progress=note)
    if has_archive(settings):
        desk, _ = build_record_desk(settings)
        yield from audit_archive(desk.streams, desk.log)
        yield from audit_index(desk.index, inspector, bounds)


def _show(checked: int, findings: list[Finding]) -> None:
    messages = f"{checked:,} {'message' if checked == 1 else 'messages'} checked"
    if not findings:
        click.echo(f"{messages}, no findings")
        return
    rows = [(one.invariant, one.subject, one.seen) for one in findings]
    show_table(("Invariant", "Subject", "What was seen"), rows, folded=("What was seen",))
    click.echo(f"{messages}, {len(findings):,} {'finding' if len(findings) == 1 else 'findings'}")
