"""Follow a short link: judge the hit, keep it, say where it leads."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.click import Hit, Judgement, judge, spends_first_click
from shortlink.domain.code import CodeMint
from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.domain.link import target_of
from shortlink.storage.links import Followed, LinkStore, Standing, live_link
from shortlink.storage.spool import ClickSpool, SpooledClick
from shortlink.storage.steps import Command, Steps
from shortlink.use_cases.target_cache import TargetCache


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDesk:
    """What following links needs. Without a spool, nothing is answered while the store is away."""

    mint: CodeMint
    links: LinkStore
    targets: TargetCache
    spool: ClickSpool | None
    count_plain_clients: bool
    refuse_prefetch: bool
    callback_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A tap that was answered from memory: its click must be on the local disk before anybody is told."""

    click: SpooledClick
    followed: Followed


def follow_link(code: str, hit: Hit, desk: LinkDesk) -> Followed:
    """Follow a short link with one store round trip; `link` in the answer is an absolute URL.

    When it returns, the hit is in the store or, while the store is away and the target is remembered, on the
    local disk. Raises StoreUnavailable when neither can be had, and RecordUnreadable, which is noted.
    """
    found = desk.links.perform(follow_steps(code, hit, desk, desk.links.last_moment()))
    if isinstance(found, Followed):
        return found
    if desk.spool is not None:
        desk.spool.append(found.click)
    return found.followed


def follow_steps(code: str, hit: Hit, desk: LinkDesk, until: int) -> Steps[Followed | Spooled]:
    """Follow a short link as `follow_link` does, on any line; what is to be spooled is the caller's to write.

    `until` is the links' `last_moment`, from when the hit came.
    """
    if not desk.mint.accepts(code):
        return Followed(standing=Standing.UNKNOWN)
    judgement, spends = _judge(hit, desk)
    try:
        followed = yield from desk.links.follow_steps(
            code, judgement, spends=spends, callback_ms=desk.callback_ms, until=until
        )
    except StoreUnavailable:
        target = desk.targets.recall(code)
        if target is None or desk.spool is None:
            raise
        followed = Followed(standing=Standing.LIVE, link=target)
        return Spooled(click=_spooled(code, judgement, desk, spends=spends, until=until), followed=followed)
    except RecordUnreadable:
        desk.targets.forget(code)
        raise
    if followed.link is None:
        desk.targets.forget(code)
        return followed
    return Followed(standing=followed.standing, link=_remember(code, followed.link, desk))


def follow_command(code: str, hit: Hit, desk: LinkDesk, until: int) -> Command | None:
    """Write the first command of `follow_steps`, for who would rather ask it himself; None where it is another.

    A tap is nearly always over with the answer to it, and this costs half as much. Whatever `live_target` does not
    read in the answer goes on as an operation.
    """
    if not desk.mint.accepts(code):
        return None
    judgement, spends = _judge(hit, desk)
    return desk.links.follow_command(code, judgement, spends=spends, callback_ms=desk.callback_ms, until=until)


def live_target(code: str, answer: object, desk: LinkDesk) -> str | None:
    """Read where a live link leads in the answer to `follow_command`, an absolute URL; None for any other answer."""
    link = live_link(answer)
    return None if link is None else _remember(code, link, desk)


def _judge(hit: Hit, desk: LinkDesk) -> tuple[Judgement, bool]:
    judgement = judge(hit)
    return judgement, spends_first_click(judgement.verdict, count_plain_clients=desk.count_plain_clients)


def _remember(code: str, link: str, desk: LinkDesk) -> str:
    target = target_of(link)
    desk.targets.keep(code, target)
    return target


def _spooled(code: str, judgement: Judgement, desk: LinkDesk, *, spends: bool, until: int) -> SpooledClick:
    at, verdict = desk.links.now(), judgement.verdict.value
    return SpooledClick(code=code, at=at, verdict=verdict, rule=judgement.rule, spends=spends, until=until)
