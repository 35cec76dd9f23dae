"""A short link: where it leads, how long it lives, what its clicks were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SwitchedBy = Literal["api", "dashboard", "cli"]  # through which door a link was switched off or on


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTaps:
    """Hits that would have counted and led nowhere: the link was expired, switched off, or its account was."""

    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLink:
    """The short link of one message. Times are UTC milliseconds since 1970."""

    code: str
    link: str  # as the customer wrote it; a bare domain stays bare
    short_url: str
    expires_at: int
    disabled: bool = False
    first_click_at: int | None = None  # the first human click; never changed once its callback was tried
    clicks: int = 0  # human clicks, the first included
    machine_hits: int = 0  # previews, prefetches, scanners: seen, kept, never counted as clicks
    clicked_at: tuple[int, ...] = ()  # times of the first human clicks, at most CLICK_TIMES_KEPT
    dead_taps: DeadTaps | None = None  # None when there was none

    @property
    def target(self) -> str:
        """Where a tap is sent: a bare domain is reached over plain http."""
        return target_of(self.link)


CLICK_TIMES_KEPT = 20
_SCHEMES = ("http://", "https://")


def target_of(link: str) -> str:
    """Make an absolute URL of a link that may be a bare domain."""
    if link.startswith(_SCHEMES) or link.lower().startswith(_SCHEMES):  # nearly all are written in lower case
        return link
    return f"http://{link}"
