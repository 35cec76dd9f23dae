"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".shortlink"),
    show_default=True,
    envvar="SHORTLINK_DATA",
    help="Data directory of this installation.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, for programs.")
