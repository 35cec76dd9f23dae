"""Settings that a process cannot run with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from shortlink.domain.errors import SettingsError


@contextmanager
def ending_on_wrong_settings() -> Iterator[None]:
    """End this process with 2 and a line that says what to mend, where settings turn out to be wrong."""
    try:
        yield
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
