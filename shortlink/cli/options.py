"""Options that several commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click


class When(click.DateTime):
    """A day or a moment; what is none is answered with one that is."""

    def __init__(self, formats: list[str], *, example: str) -> None:
        super().__init__(formats)
        self._example = example

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Show what is meant by an example, and no format."""
        return self._example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it. Raises BadParameter."""
        try:
            found: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} cannot be read; write it as {self._example}", param, ctx)
        return found


USUAL_DATA = Path(".shortlink")
DAY = When(["%Y-%m-%d"], example="2026-11-21")
MOMENT = When(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"], example="2026-11-21T08:00+00:00")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=USUAL_DATA,
    show_default=True,
    envvar="SHORTLINK_DATA",
    help="Data directory of this installation.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, for programs.")
