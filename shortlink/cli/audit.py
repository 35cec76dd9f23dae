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
from shortlink.cli.screen import show_table
from shortlink.config import environment

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
        from shortlink.bootstrap import build_bounds, build_record_desk, open_inspection
        from shortlink.use_cases.audit_archive import audit_archive, audit_index
        from shortlink.use_cases.audit_store import audit_store

        def note(count: int) -> None:
            nonlocal checked
            checked = count
            show(count)

        bounds, inspector = build_bounds(settings), open_inspection(settings).inspector
        findings = list(audit_store(inspector, bounds=bounds, progress=note))
        if settings.archive_dir is not None and (settings.archive_dir / "archive.db").exists():
            desk, _ = build_record_desk(settings)
            findings += audit_archive(desk.streams, desk.log)
            findings += audit_index(desk.index, inspector, bounds)
        findings = list(dict.fromkeys(findings))
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
    rows = [(one.invariant, one.subject, one.seen) for one in findings]
    show_table(("Invariant", "Subject", "What was seen"), rows, folded=("What was seen",))
    click.echo(f"{messages}, {len(findings):,} {'finding' if len(findings) == 1 else 'findings'}")
