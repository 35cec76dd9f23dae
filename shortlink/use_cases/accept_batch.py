"""Accept many messages of one request; a bad one does not spoil the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shortlink.domain.account import Account
from shortlink.domain.draft import Draft
from shortlink.domain.errors import InvalidFields
from shortlink.use_cases.accept_message import AcceptDesk, Accepted, accept_steps
from shortlink.use_cases.count_new import AT_ONCE, place_name

MOST_MESSAGES = 1000


def accept_batch(
    drafts: Sequence[Draft | InvalidFields],
    *,
    account: Account,
    desk: AcceptDesk,
    idempotency_key: str | None = None,
) -> list[Accepted | Exception]:
    """Accept drafts in their order; each ends accepted or with the error that `accept_message` would raise.

    A draft whose check failed keeps its fault. The idempotency key counts for each place of the batch by itself, so
    that a repeat accepts what the first try did not and nothing twice; no single send can have the key of a place.
    Links of public shorteners are not unwrapped but refused where unwrapping is asked for: a thousand of them would
    take an hour.
    """
    targets = desk.rules.targets
    if targets.shorteners == "unwrap":
        desk = replace(desk, rules=replace(desk.rules, targets=replace(targets, shorteners="refuse")))
    ended: list[Accepted | Exception] = []
    for start in range(0, len(drafts), AT_ONCE):
        some = [(place, draft) for place, draft in enumerate(drafts[start : start + AT_ONCE], start)]
        operations = [
            accept_steps(
                draft,
                account=account,
                desk=desk,
                idempotency_key=None if idempotency_key is None else place_name(idempotency_key, place),
            )
            for place, draft in some
            if isinstance(draft, Draft)
        ]
        results = iter(desk.messages.perform_many(operations))
        ended += [next(results) if isinstance(draft, Draft) else draft for _, draft in some]
    return ended
