"""Follow a short link: judge the hit, keep it, say where it leads."""

from __future__ import annotations

import time
from dataclasses import dataclass

from shortlink.domain.click import Hit, judge, spends_first_click
from shortlink.domain.code import CodeMint
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.link import target_of
from shortlink.storage.links import Followed, LinkStore, Standing
from shortlink.storage.spool import ClickSpool, SpooledClick
from shortlink.use_cases.target_memory import TargetMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDesk:
    """What following links needs. Without a spool, nothing is answered while the store is away."""

    mint: CodeMint
    links: LinkStore
    memory: TargetMemory
    spool: ClickSpool | None
    count_plain_clients: bool
    callback_ms: int


def follow_link(code: str, hit: Hit, desk: LinkDesk) -> Followed:
    """Follow a short link with one store round trip; `link` in the answer is an absolute URL.

    When it returns, the hit is in the store or, while the store is away and the target is remembered, on the
    local disk. Raises StoreUnavailable when neither can be had.
    """
    if not desk.mint.accepts(code):
        return Followed(standing=Standing.UNKNOWN)
    judgement = judge(hit)
    spends = spends_first_click(judgement.verdict, count_plain_clients=desk.count_plain_clients)
    try:
        followed = desk.links.follow(code, judgement, spends=spends, callback_ms=desk.callback_ms)
    except StoreUnavailable:
        target = desk.memory.recall(code)
        if target is None or desk.spool is None:
            raise
        at = int(time.time() * 1000)
        click = SpooledClick(code=code, at=at, verdict=judgement.verdict.value, rule=judgement.rule, spends=spends)
        desk.spool.append(click)
        return Followed(standing=Standing.LIVE, link=target)
    if followed.link is None:
        desk.memory.forget(code)
        return followed
    target = target_of(followed.link)
    desk.memory.keep(code, target)
    return Followed(standing=followed.standing, link=target)


def replay_clicks(desk: LinkDesk) -> int:
    """Store the spooled clicks with their own times and count them. Raises StoreUnavailable; the rest stays spooled."""
    if desk.spool is None:
        return 0

    def keep(click: SpooledClick) -> None:
        desk.links.follow(click.code, click.judgement, spends=click.spends, callback_ms=desk.callback_ms, now=click.at)

    return desk.spool.replay(keep)
