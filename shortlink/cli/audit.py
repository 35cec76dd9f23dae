"""`shortlink audit`: does everything in the store keep its promises?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.cli.progress import counting
from shortlink.config import environment

if TYPE_CHECKING:
    from shortlink.domain.invariants import Finding


@click.command()
@data_option
@json_option
def audit(*, data: Path, as_json: bool) -> None:
    """Check every message, link and callback in the store, and the archive; exit code 1 when something is wrong.

    Only reads, and may run while the service works. What is being worked on may then be seen half done: audit a
    second time before you believe a finding.
    """
    checked = 0
    with reachable_store(data, environment(), "audit") as settings, counting("messages") as show:
        from shortlink.bootstrap import build_record_desk, open_inspection
        from shortlink.use_cases.audit_store import audit_archive, audit_store

        def note(count: int) -> None:
            nonlocal checked
            checked = count
            show(count)

        findings = list(audit_store(open_inspection(settings).inspector, progress=note))
        if settings.archive_dir is not None and (settings.archive_dir / "archive.db").exists():
            desk, _ = build_record_desk(settings)
            findings += audit_archive(desk.streams, desk.log)
    if as_json:
        click.echo(json.dumps({"checked": checked, "findings": [asdict(finding) for finding in findings]}))
    else:
        _show(checked, findings)
    if findings:
        sys.exit(1)


def _show(checked: int, findings: list[Finding]) -> None:
    messages = f"{checked:,} {'message' if checked == 1 else 'messages'} checked"
    if not findings:
        click.echo(f"{messages}, no findings")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("Invariant", "Subject", "What was seen")
    for finding in findings:
        table.add_row(finding.invariant, escape(finding.subject), escape(finding.seen))
    Console().print(table)
    click.echo(f"{messages}, {len(findings):,} {'finding' if len(findings) == 1 else 'findings'}")
