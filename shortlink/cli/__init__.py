"""The command line: `shortlink up`, `shortlink accounts …`.

Nothing here decides anything about messages or links; the other processes are started as processes, never imported.
"""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shortlink")
def main() -> None:
    """Send SMS with short links that tell when they were followed."""
