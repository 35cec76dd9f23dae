"""What stands behind the ? of an address."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict


def misnamed(given: MultiDict[str, str], names: Sequence[str]) -> dict[str, list[str]]:
    """Name what is no parameter or stands there twice: a filter that is misspelt must not show everything."""
    unknown = {name: [f"Is no parameter; there are {', '.join(names)}."] for name in given if name not in names}
    return unknown | {name: ["Must be given once."] for name in names if len(given.getlist(name)) > 1}
