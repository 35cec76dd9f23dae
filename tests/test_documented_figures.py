"""The figures that the pages state are those of the code: each sentence is written here with the code's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlink.client import Retrying, calls
from shortlink.config import Settings
from shortlink.config.settings import STANDARD_WEBHOOKS_SCHEDULE
from shortlink.domain import account, callback, callback_url, circuit_breaker, draft, session, webhook, webhook_draft
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.http1 import body as http1_body
from shortlink.http1 import reading, request
from shortlink.http1.server import Limits
from shortlink.simulator import receiver
from shortlink.simulator.faults import Faults
from shortlink.storage.messages import IDEMPOTENCY_MS
from shortlink.use_cases import accept_batch, check_target, download_gate, sign_in, tell_webhooks
from shortlink.web import body, events, serving, throttle, webhooks
from shortlink.web.xoxzo import batch, idempotency, sent_date

DOCS = Path(__file__).parents[1] / "docs"
WORDS = {2: "two", 4: "four", 5: "five", 8: "Eight", 10: "ten"}
ANYBODY = account.Account(sid="a", name="a", token_hash="", created_at=0)
SENDS = throttle.send_limit(ANYBODY, Settings())
LISTS = throttle.list_limit(ANYBODY, Settings())
REDELIVERIES = throttle.redeliver_limit(Settings())
SECRET_DAYS = WORDS[account.SECRET_OVERLAP_MS // DAY_MS]
TRIES = WORDS[callback.MAX_TRIES]
WAITS = [wait / 3600 for wait in STANDARD_WEBHOOKS_SCHEDULE]

STATED = {
    "api.md": [
        f"at most {draft.MAX_CHARACTERS} characters when the short link is in place",
        f"at most {draft.MAX_TAGS} of {draft.MAX_TAG_CHARACTERS} characters",
        f"UTF-8 and {body.MAX_BODY // 1024} KiB at most",
        f"A link may have {check_target.MAX_LOCATION:,} characters",
        f"1 to {idempotency.MAX_LENGTH} printable ASCII characters",
        f"a repeat within {IDEMPOTENCY_MS // HOUR_MS} hours sends nothing",
        f"up to {accept_batch.MOST_MESSAGES:,} messages in one request",
        f"as JSON, {batch.MAX_BATCH_BODY >> 20} MiB at most",
        f"more than {body.MAX_BODY:,} bytes, or that of a batch more than {batch.MAX_BATCH_BODY:,}",
        f"before the last {sent_date.WINDOW_DAYS} days",
        f"`exhausted` ({TRIES} tries were made)",
        f"no try is made for it earlier than {callback.ASKED_WAIT_MS // 1000} seconds after the last one ended",
        f"within {Limits().head_seconds:.0f} seconds, or the rest of its body within {serving.LIMITS.body_seconds:.0f}",
        f"a body of more than {http1_body.MOST_CHUNKS:,} chunks",
        f"the address has more than {request.TARGET_BYTES:,} bytes",
        f"more than {request.MOST_FIELDS} headers, or {reading.HEAD_BYTES:,} bytes of them",
        f"{SENDS.rate:.0f} sends a second with a burst of {SENDS.burst}",
        f"one list in {1 / LISTS.rate:.0f} seconds with a burst of {LISTS.burst}",
        f"one a second with a burst of {REDELIVERIES.burst}",
        f"a range of days counts as {WORDS[throttle.RANGE_COST]}",
        f"{throttle.SWITCHES.rate:.0f} a second with a burst of {throttle.SWITCHES.burst:,}",
    ],
    "webhooks.md": [
        f"for you, {webhook_draft.MAX_DESCRIPTION} characters",
        f"`most` (2 to {webhook_draft.MOST_IN_BATCH})",
        f"`seconds` (0 to {webhook_draft.LONGEST_BATCH_SECONDS:.0f})",
        f"| `rate` | {webhook.DEFAULT_RATE:.0f} | POSTs a second, at most; 0.1 to {webhook_draft.HIGHEST_RATE:.0f} |",
        f"can have {webhook.MOST_WEBHOOKS} webhooks",
        f"one change, test or replay a second, {webhooks.CHANGES.burst} at once",
        f"{webhook.MOST_ASKED} tests and replays of an account can wait",
        f"the old one signs as well for {SECRET_DAYS} days",
        f"at most {WORDS[account.MOST_SECRETS]} sign at the same time",
        f"within {Settings().callback_timeout:.0f} seconds, and work on it afterwards",
        f"{', '.join(f'{wait:.0f}' for wait in WAITS[4:9])} and {WAITS[9]:.0f} hours: {TRIES} tries",
        f"every try of {WORDS[webhook.LATENESS_MS // DAY_MS]} days failed",
        f"every try of the last {tell_webhooks.KEPT_MS // DAY_MS} days",
        f"{webhooks.USUAL_ATTEMPTS} at a time; `?limit=` says how many, 1 to {webhooks.MOST_ATTEMPTS},",
    ],
    "callbacks.md": [
        f"Answer within {Settings().callback_timeout:.0f} seconds",
        f"a secret goes on signing for {SECRET_DAYS} days after it was replaced",
        f"There are {TRIES} tries at most",
        f"left alone for {circuit_breaker.OPEN_SECONDS:.0f} seconds at a time",
        f"earlier than {callback.ASKED_WAIT_MS // 1000} seconds after the last one ended",
        f"{callback_url.MAX_LENGTH:,} characters at most",
    ],
    "integrate.md": [
        f"up to {WORDS[Retrying().tries]} tries in all",
        f"a `Retry-After` beyond {Retrying().longest_wait_seconds:.0f} seconds",
        f"a {'thousand' if calls.MOST_AT_ONCE == 1000 else calls.MOST_AT_ONCE} in a request",
    ],
    "simulator.md": [
        f"answered after `stall_seconds` ({Faults().stall_seconds:.0f})",
        f"how late a late receipt is ({Faults().late_seconds:.0f})",
        f"answers after so many seconds ({receiver.MAX_DELAY:.0f} at most)",
    ],
    "logs.md": [
        f"{WORDS[download_gate.MOST_OF_ONE]} of an account's can be on their way at once",
        f"and {download_gate.MOST} of all in one process",
        f"at most so many, 1 to {events.MOST}; {events.USUAL} unless given",
    ],
    "dashboard.md": [
        f"You stay logged in for {session.SESSION_MS // HOUR_MS} hours",
        f"{WORDS[sign_in.TRIES_AT_ONCE].capitalize()} tries can be made at once",
        f"and then one every {WORDS[round(1 / sign_in.TRIES_A_SECOND)]} seconds",
    ],
}


@pytest.mark.parametrize(("page", "sentence"), [(page, one) for page, some in STATED.items() for one in some])
def test_each_figure_that_a_page_states_is_the_codes(page: str, sentence: str) -> None:
    assert sentence in (DOCS / page).read_text(encoding="utf-8")
