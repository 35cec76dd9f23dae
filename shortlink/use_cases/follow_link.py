"""Follow a short link: judge the hit, keep it, say where it leads."""

from __future__ import annotations

from shortlink.domain.click import Hit, judge, spends_first_click
from shortlink.domain.code import CodeMint
from shortlink.domain.link import target_of
from shortlink.storage.links import Followed, LinkStore, Standing


def follow_link(
    code: str, hit: Hit, *, mint: CodeMint, links: LinkStore, count_plain_clients: bool, callback_ms: int
) -> Followed:
    """Follow a short link with one store round trip; `link` in the answer is an absolute URL.

    When it returns, the first human click is in the store and its callback is due. Raises StoreUnavailable.
    """
    if not mint.accepts(code):
        return Followed(standing=Standing.UNKNOWN)
    judgement = judge(hit)
    spends = spends_first_click(judgement.verdict, count_plain_clients=count_plain_clients)
    followed = links.follow(code, judgement, spends=spends, callback_ms=callback_ms)
    if followed.link is None:
        return followed
    return Followed(standing=followed.standing, link=target_of(followed.link))
