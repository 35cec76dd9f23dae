"""Accept a message: shorten its first link, count it, put it into the ledger."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from shortlink.domain.account import Account
from shortlink.domain.code import CodeMint, partition_of
from shortlink.domain.draft import TOO_LONG, Draft
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ForbiddenFields, InvalidFields
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.domain.message_id import new_message_id
from shortlink.domain.opt_out import OPTED_OUT
from shortlink.domain.segment import count_segments
from shortlink.domain.url_finder import FoundLink
from shortlink.storage.messages import CodeTaken, IdempotencyKey, MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.steps import Steps
from shortlink.use_cases.accept_rules import AcceptRules, beside_others
from shortlink.use_cases.check_target import check_target
from shortlink.use_cases.count_new import digest_of

DRAWS = 20  # at 42 random bits a second draw is rare, a tenth means the random source is broken


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDesk:
    """What accepting messages needs."""

    rules: AcceptRules
    mint: CodeMint
    messages: MessageStore
    opt_outs: OptOutStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The id of the message, and whether the same request had been accepted before."""

    message_id: str
    replayed: bool = False


def accept_message(draft: Draft, *, account: Account, desk: AcceptDesk, idempotency_key: str | None = None) -> Accepted:
    """Accept a checked draft for an account.

    Raises ForbiddenFields for nothing but a number that is not sent to, InvalidFields when the text to be sent is too
    long, its link may not be linked to or the recipient has opted out, IdempotencyMismatch, StoreUnavailable. When it
    returns, the message is in the ledger.
    """
    steps = accept_steps(draft, account=account, desk=desk, idempotency_key=idempotency_key)
    return desk.messages.perform(steps)


def accept_steps(
    draft: Draft, *, account: Account, desk: AcceptDesk, idempotency_key: str | None = None
) -> Steps[Accepted]:
    """Accept a draft as `accept_message` does, on any line."""
    sid, rules, mint, messages = account.sid, desk.rules, desk.mint, desk.messages
    idempotency = _idempotency(draft, sid, idempotency_key) if idempotency_key is not None else None
    draw: Callable[[], str] = mint.draw
    if idempotency is not None:
        partition = idempotency.partition

        def draw() -> str:  # one script writes both, so both must lie in one partition
            return mint.draw_in(partition)

    found = rules.find_link(draft.text) if draft.tracked else None
    try:
        yield from _check_recipient(draft, account, desk)
        link = check_target(found.written, rules.targets, own_hosts=rules.own_hosts) if found else ""
        if rules.is_too_long(draft.text, found):
            raise InvalidFields({"text": [TOO_LONG]})
    except InvalidFields as error:
        if idempotency is None or (known := (yield from messages.find_replay(idempotency))) is None:
            raise beside_others(error, draft, rules) from None
        return Accepted(message_id=known, replayed=True)  # a repeat is answered as before, whatever the rules are now
    for _ in range(DRAWS):
        message, start = _write_out(draft, found, link, sid=sid, code=draw(), rules=rules)
        try:
            kept = yield from messages.add_steps(
                message, link_start=start, today=int(time.time() * 1000) // DAY_MS, idempotency=idempotency
            )
        except CodeTaken:
            continue
        return Accepted(message_id=kept, replayed=kept != message.id)
    raise RuntimeError(f"{DRAWS} drawn codes in a row were taken: the random source is broken")


def _check_recipient(draft: Draft, account: Account, desk: AcceptDesk) -> Steps[None]:
    if reason := desk.rules.why_forbidden(draft.recipient):
        raise ForbiddenFields({"recipient": [reason]})
    if account.opt_outs and (yield from desk.opt_outs.is_out_steps(account.sid, draft.recipient)):
        raise InvalidFields({"recipient": [OPTED_OUT]})


def _write_out(
    draft: Draft, found: FoundLink | None, target: str, *, sid: str, code: str, rules: AcceptRules
) -> tuple[Message, int | None]:
    """Put the short link to the target in place and count the text that is really sent."""
    text, link = draft.text, None
    if found is not None:
        short_url = f"{rules.link_url}/{code}"
        text = f"{text[: found.start]}{short_url}{text[found.end :]}"
        link = ShortLink(code=code, link=target, short_url=short_url, expires_at=0)
    segments = count_segments(text).count
    message = Message(
        id=new_message_id(code),
        code=code,
        account=sid,
        sender=draft.sender,
        recipient=draft.recipient,
        text=text,
        tags=draft.tags,
        segments=segments,
        cost=rules.cost_of(segments, with_link=link is not None),
        tracked=draft.tracked,
        link=link,
        report_url=draft.report_url,
        click_url=draft.click_url if link else None,
    )
    return message, found.start if found else None


def _idempotency(draft: Draft, sid: str, key: str) -> IdempotencyKey:
    content = json.dumps(asdict(draft), sort_keys=True, ensure_ascii=False)
    digest = digest_of(key, sid=sid)
    return IdempotencyKey(
        partition=partition_of(digest),
        digest=digest,
        fingerprint=hashlib.sha256(content.encode()).hexdigest()[:32],
    )
