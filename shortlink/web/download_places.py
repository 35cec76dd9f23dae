"""The places for files that are on their way: each holds what it is made of while its client takes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shortlink.web.context import account, services


def take_place() -> Callable[[], None]:
    """Take one of the account's places, until what is returned is called. Raises TooManyDownloads."""
    downloads, sid = services().downloads, account().sid
    downloads.enter(sid)
    return partial(downloads.leave, sid)
