"""Rate limits of an account: 429 in the contract's words, and headers that tell how much is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from flask import Response, abort, after_this_request

from shortlink.config import Settings
from shortlink.domain.account import Account
from shortlink.use_cases.accept_batch import MOST_MESSAGES
from shortlink.use_cases.count_new import count_new
from shortlink.web.answers import detail
from shortlink.web.context import account, services

if TYPE_CHECKING:
    from shortlink.storage.limits import Allowance

BURST_SECONDS = 10  # how long an account may have been quiet to its advantage
LEAST_LIST_BURST = 10
RANGE_COST = 10  # redelivering some days looks at all their messages
REDELIVER_BURST_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How often a thing may be done: `rate` a second in the long run, `burst` at once."""

    rate: float
    burst: int


# Links that an account switches: a whole campaign's at once; and each that changes is an event, so not without end.
SWITCHES = Limit(rate=50.0, burst=10_000)
# Idempotency keys of batches that are looked up where there is no room: the largest is let in twice in ten seconds.
LOOK_UPS = Limit(rate=MOST_MESSAGES / BURST_SECONDS, burst=2 * MOST_MESSAGES)


def send_limit(account: Account, settings: Settings) -> Limit:
    """Say how often an account may send; a rate of 0 is no limit."""
    rate = settings.send_rate if account.send_rate is None else account.send_rate
    return Limit(rate=rate, burst=max(1, math.ceil(rate * BURST_SECONDS)))


def list_limit(account: Account, settings: Settings) -> Limit:
    """Say how often an account may list its messages; a rate of 0 is no limit."""
    rate = settings.list_rate if account.list_rate is None else account.list_rate
    return Limit(rate=rate, burst=max(LEAST_LIST_BURST, math.ceil(rate * BURST_SECONDS)))


def redeliver_limit(settings: Settings) -> Limit:
    """Say how often an account may ask for redeliveries; a rate of 0 is no limit."""
    rate = settings.redeliver_rate
    return Limit(rate=rate, burst=max(RANGE_COST, math.ceil(rate * REDELIVER_BURST_SECONDS)))


def throttle_sends(names: Sequence[str], *, count: int = 1) -> None:
    """Take `count` sends from the account's allowance, or abort with 429.

    `names` are the idempotency keys of all of them, or none: a repeat, which was counted at its first try, is let in
    also where that try has used the allowance up.
    """
    recount = partial(_count_new, names) if names else None
    throttle("send", send_limit(account(), services().settings), count=count, recount=recount)


def _count_new(names: Sequence[str]) -> int:
    """Count what was not counted before: all of it where too much was looked up; then it has to wait for room."""
    if len(names) > 1 and not take_allowance("look-up", LOOK_UPS, count=len(names)).granted:
        return len(names)
    return count_new(names, sid=account().sid, messages=services().messages)


def throttle(kind: str, limit: Limit, *, count: int = 1, recount: Callable[[], int] | None = None) -> None:
    """Take `count` calls from the account's allowance, or abort with 429. Without a limit the store isn't asked.

    Where there is no room, `recount` says how many of them were not counted before; it is not asked otherwise.
    """
    if limit.rate <= 0:
        return
    allowance = take_allowance(kind, limit, count=count)
    if not allowance.granted and recount is not None and (new := recount()) < count:
        allowance = take_allowance(kind, limit, count=new) if new else replace(allowance, granted=True)
    headers = limit_headers(kind, limit, allowance)
    if not allowance.granted:
        abort(too_many(allowance, headers))

    def add_headers(response: Response) -> Response:
        response.headers.update(headers)
        return response

    after_this_request(add_headers)


def take_allowance(kind: str, limit: Limit, *, count: int = 1) -> Allowance:
    """Take `count` calls from the account's allowance, or find that there are not as many."""
    steps = services().limits.take_steps(kind, account().sid, rate=limit.rate, burst=limit.burst, count=count)
    return services().limits.perform(steps)


def limit_headers(kind: str, limit: Limit, allowance: Allowance) -> dict[str, str]:
    """Tell a caller how much is left (draft-ietf-httpapi-ratelimit-headers-10)."""
    return {
        "RateLimit-Policy": f'"{kind}";q={limit.burst};w={math.ceil(limit.burst / limit.rate)}',
        "RateLimit": f'"{kind}";r={allowance.left};t={wait_seconds(allowance)}',
    }


def too_many(allowance: Allowance, headers: dict[str, str]) -> Response:
    """Say that it was too much, and when there will be room, in the contract's words."""
    wait = wait_seconds(allowance)
    unit = "second" if wait == 1 else "seconds"
    text = f"Request was throttled. Expected available in {wait} {unit}."
    return detail(429, text, headers | {"Retry-After": str(wait)})


def wait_seconds(allowance: Allowance) -> int:
    """Say in how many whole seconds there will be room."""
    return max(1, math.ceil(allowance.wait_ms / 1000))
