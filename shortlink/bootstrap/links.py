"""Build what follows links, and the door that does nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.bootstrap.stores import DOOR_TIMEOUT_SECONDS
from shortlink.config import Settings
from shortlink.domain.code import CodeMint
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import connect
from shortlink.storage.links import LinkStore
from shortlink.storage.measures import MeasureStore
from shortlink.storage.spool import ClickSpool
from shortlink.use_cases.follow_link import LinkDesk
from shortlink.use_cases.miss_throttle import MissThrottle
from shortlink.use_cases.target_cache import TargetCache

CODE_SALT = "shortlink"  # hashids' alphabet order is no secret: the numbers are unguessable, see docs/adr
REDIRECT_TIMEOUT_SECONDS = 0.06  # a tap is answered within 100 ms, if only by a 503; the rest is for everything else
# On an event loop, which reads the answers that are here before it looks at the clock, little else is needed.
ASYNC_REDIRECT_TIMEOUT_SECONDS = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectServices:
    """What the redirect door needs; `line` is for its event loop, the stores of `desk` are for threads."""

    desk: LinkDesk
    line: AsyncLine
    misses: MissThrottle
    measures: MeasureStore
    trusted_proxies: int
    home: str | None


def build_link_desk(settings: Settings, mint: CodeMint, *, timeout_seconds: float) -> LinkDesk:
    """Build what following links needs; its store is asked once and not waited for long, since a tap may not hang."""
    return LinkDesk(
        mint=mint,
        links=LinkStore(connect(settings.redis_url, timeout_seconds=timeout_seconds, retries=0)),
        targets=TargetCache(),
        spool=ClickSpool(settings.spool_dir) if settings.spool_dir else None,
        count_plain_clients=settings.count_plain_clients,
        refuse_prefetch=settings.refuse_prefetch,
        callback_ms=settings.first_callback_ms,
    )


def build_redirect(settings: Settings, *, processes: int = 1) -> RedirectServices:
    """Build what one of so many processes of the redirect door needs; nothing is connected before first use."""
    mint = CodeMint(CODE_SALT, settings.code_length)
    return RedirectServices(
        desk=build_link_desk(settings, mint, timeout_seconds=DOOR_TIMEOUT_SECONDS),
        line=AsyncLine(settings.redis_url, timeout_seconds=ASYNC_REDIRECT_TIMEOUT_SECONDS),
        misses=MissThrottle(per_minute=settings.misses_per_minute, processes=processes),
        measures=MeasureStore(connect(settings.redis_url)),
        trusted_proxies=settings.trusted_proxies,
        home=settings.link_home_url,
    )
