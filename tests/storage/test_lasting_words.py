"""Words that stay in stores, archives and the queues of webhooks: whatever else changes, these are read as before."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum

import pytest

from shortlink.domain.account import Account
from shortlink.domain.callback import CallbackKind, CallbackState
from shortlink.domain.click import Verdict
from shortlink.domain.due import Due
from shortlink.domain.event import EventType
from shortlink.domain.message import MessageStatus
from shortlink.domain.opt_out import OptOutReason, Wish
from shortlink.domain.webhook import DeliveryState, PauseReason
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.webhook_errands import Errand
from shortlink.storage.webhook_fields import unpack_webhook

LASTING: dict[type[Enum], str] = {
    MessageStatus: "ACCEPTED=a SUBMITTING=b UNKNOWN=k UNCONFIRMED=u QUEUED=q SENT=s DELIVERED=d UNDELIVERED=n FAILED=f",
    CallbackKind: "CLICK=c REPORT=r",
    CallbackState: "PENDING=p DELIVERED=d EXHAUSTED=x STOPPED=s",
    Verdict: "HUMAN=h PREVIEW=p PREFETCH=f SCANNER=s HEAD=e UNKNOWN=u",
    Due: "MESSAGES=m CALLBACKS=c",
    OptOutReason: "WORD=word CARRIER=carrier OPERATOR=operator",
    Wish: "STOP=stop START=start HELP=help",
    PauseReason: "ASKED=asked GONE=gone FAILING=failing",
    DeliveryState: "PENDING=p DELIVERED=d EXHAUSTED=x DROPPED=g",
    Errand: "TEST=test REPLAY=replay RESUME=resume",
    EntryKind: (
        "ACCEPTED=a STATUS=s UNKNOWN=k BUSY=b RESEND=r UNCONFIRMED=u CONFLICT=x FIRST_CLICK=c CLICK=l HIT=h SWITCHED=w"
        " CALLBACK=p REDELIVER=d ERASED=e RECEIVED=i UNSUBSCRIBED=o RESUBSCRIBED=j"
    ),
    EventType: (
        "MESSAGE_ACCEPTED=message.accepted MESSAGE_ATTEMPTED=message.attempted MESSAGE_SUBMITTED=message.submitted"
        " MESSAGE_SENT=message.sent MESSAGE_DELIVERED=message.delivered MESSAGE_FAILED=message.failed"
        " MESSAGE_UNCONFIRMED=message.unconfirmed MESSAGE_RECEIVED=message.received LINK_CLICKED=link.clicked"
        " LINK_PREVIEWED=link.previewed LINK_EXPIRED=link.expired LINK_DISABLED=link.disabled"
        " LINK_ENABLED=link.enabled CALLBACK_ATTEMPTED=callback.attempted"
        " RECIPIENT_UNSUBSCRIBED=recipient.unsubscribed RECIPIENT_RESUBSCRIBED=recipient.resubscribed"
    ),
}


@pytest.mark.parametrize("kept", LASTING, ids=lambda kept: kept.__name__)
def test_what_is_kept_is_read_as_before(kept: type[Enum]) -> None:
    """A value may be added; one that changes or goes makes records unreadable that were written with it."""
    before = dict(pair.split("=") for pair in LASTING[kept].split(" "))
    assert {name: kept[name].value for name in before} == before
    assert {one.name for one in kept} == set(before), "a new one lasts, too: name it here"


def test_what_a_kept_webhook_leaves_out_means_what_it_always_meant() -> None:
    kept = {"id": "wh_1", "account": "SLone", "url": "https://shop.test/", "events": (), "created_at": 1}
    assert asdict(unpack_webhook("SLone", "wh_1", json.dumps(kept))) == kept | {
        "begins_after": 0,
        "archive": 0,
        "body_format": "json",
        "tag": None,
        "description": "",
        "batch": None,
        "rate": 50.0,
        "paused": None,
        "paused_at": None,
        "resumed_at": 0,
        "added_at": {},
        "secret_version": 1,
        "secret_rotated_at": (),
        "later_events": (),
        "later_fields": {},
    }


def test_a_new_account_signs_with_its_first_secret() -> None:
    account = Account(sid="SLone", name="One", token_hash="h", created_at=1)
    assert (account.secret_version, account.secret_rotated_at) == (1, ())
