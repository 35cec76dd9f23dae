"""Accept many messages of one request; a bad one does not spoil the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shortlink.domain.code import CodeMint
from shortlink.domain.draft import Draft
from shortlink.domain.errors import InvalidFields
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.use_cases.accept_message import Accepted, AcceptRules, accept_steps
from shortlink.use_cases.count_new import AT_ONCE, place_name

MOST_MESSAGES = 1000


def accept_batch(
    drafts: Sequence[Draft | InvalidFields],
    *,
    sid: str,
    rules: AcceptRules,
    mint: CodeMint,
    messages: MessageStore,
    opt_outs: OptOutStore | None = None,
    idempotency_key: str | None = None,
) -> list[Accepted | Exception]:
    """Accept drafts in their order; each ends accepted or with the error that `accept_message` would raise.

    A draft whose check failed keeps its fault. The idempotency key counts for each place of the batch by itself, so
    that a repeat accepts what the first try did not and nothing twice; no single send can have the key of a place.
    Links of public shorteners are not unwrapped but refused where unwrapping is asked for: a thousand of them would
    take an hour.
    """
    targets = rules.targets
    if targets.shorteners == "unwrap":
        rules = replace(rules, targets=replace(targets, shorteners="refuse"))
    ended: list[Accepted | Exception] = []
    for start in range(0, len(drafts), AT_ONCE):
        some = [(place, draft) for place, draft in enumerate(drafts[start : start + AT_ONCE], start)]
        operations = [
            accept_steps(
                draft,
                sid=sid,
                rules=rules,
                mint=mint,
                messages=messages,
                opt_outs=opt_outs,
                idempotency_key=None if idempotency_key is None else place_name(idempotency_key, place),
            )
            for place, draft in some
            if isinstance(draft, Draft)
        ]
        results = iter(messages.perform_many(operations))
        ended += [next(results) if isinstance(draft, Draft) else draft for _, draft in some]
    return ended
