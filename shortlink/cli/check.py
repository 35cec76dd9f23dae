"""`shortlink check`: is everything there that messages need?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from shortlink.cli.installation import reachable_store
from shortlink.cli.options import data_option, json_option
from shortlink.config import environment


@click.command()
@click.argument("parts", nargs=-1)
@data_option
@json_option
def check(*, parts: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Say whether the store, the dispatcher and the workers are there; exit code 1 when one is not.

    PARTS limits it to some of them: for a container's health check, whose neighbours are not its business.
    """
    with reachable_store(data, environment(), "check") as settings:
        from shortlink.bootstrap.doors import build  # brings in every store: not for `--help`
        from shortlink.use_cases.check_readiness import EXTRA_ROLES, check_extra, check_now

        presence = build(settings).presence
        found = check_now(presence)
        known = [*found, *EXTRA_ROLES]
        for role in EXTRA_ROLES:
            if role in parts:  # messages flow without it: only who asks is told
                found[role] = check_extra(role, presence)
    unknown = set(parts) - set(known)
    if unknown:
        raise click.BadParameter(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = {name: word for name, word in found.items() if not parts or name in parts}
    if as_json:
        click.echo(json.dumps(chosen))
    else:
        for name, word in chosen.items():
            click.echo(f"{name:<17}{word}")
    if any(word != "ok" for word in chosen.values()):
        sys.exit(1)
