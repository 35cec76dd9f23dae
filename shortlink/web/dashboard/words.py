"""The words of the dashboard: statuses, events, verdicts and why, callbacks and webhooks."""

from __future__ import annotations

from typing import NamedTuple

from shortlink.domain.callback import CallbackKind, CallbackState
from shortlink.domain.click import Verdict
from shortlink.domain.event import EventType
from shortlink.domain.message import MessageStatus
from shortlink.domain.opt_out import OptOutReason
from shortlink.domain.webhook import DeliveryState, PauseReason


class Words(NamedTuple):
    """A short name, its tone (`good`, `bad`, `busy` or empty) and a sentence that explains it."""

    name: str
    tone: str
    why: str


class StatusChoice(NamedTuple):
    """Statuses that are searched for together, under one name; or any status of what the carrier took."""

    name: str
    statuses: frozenset[MessageStatus]
    submitted: bool = False


STATUS = {
    MessageStatus.ACCEPTED: Words("Accepted", "busy", "It is in our books and goes to the carrier next."),
    MessageStatus.SUBMITTING: Words("Submitting", "busy", "It is being handed to the carrier."),
    MessageStatus.UNKNOWN: Words(
        "Being checked", "busy", "The carrier gave no clear answer. We look there before anything is sent again."
    ),
    MessageStatus.UNCONFIRMED: Words(
        "Unconfirmed", "bad", "It was not found at the carrier and is held, so that nobody gets it twice."
    ),
    MessageStatus.QUEUED: Words("Queued", "busy", "The carrier has it."),
    MessageStatus.SENT: Words("Sent", "busy", "The carrier handed it to the mobile network."),
    MessageStatus.DELIVERED: Words("Delivered", "good", "The phone has it."),
    MessageStatus.UNDELIVERED: Words("Not delivered", "bad", "The mobile network gave up."),
    MessageStatus.FAILED: Words("Failed", "bad", "It was refused and was not sent."),
}

STATUS_CHOICES = {
    "waiting": StatusChoice(
        "On the way",
        frozenset(
            {
                MessageStatus.ACCEPTED,
                MessageStatus.SUBMITTING,
                MessageStatus.UNKNOWN,
                MessageStatus.QUEUED,
                MessageStatus.SENT,
            }
        ),
    ),
    "submitted": StatusChoice("Submitted", frozenset(), submitted=True),
    "delivered": StatusChoice("Delivered", frozenset({MessageStatus.DELIVERED})),
    "failed": StatusChoice("Failed", frozenset({MessageStatus.FAILED, MessageStatus.UNDELIVERED})),
    "unconfirmed": StatusChoice("Unconfirmed", frozenset({MessageStatus.UNCONFIRMED})),
}

VERDICT = {
    Verdict.HUMAN: Words("Tapped", "good", "A person's browser opened the link. It counts as a click."),
    Verdict.UNKNOWN: Words("Opened by a program", "", "A plain HTTP client such as curl opened the link."),
    Verdict.PREVIEW: Words("Link preview", "", "An app fetched the page to draw a card of it. It is no click."),
    Verdict.PREFETCH: Words("Loaded ahead", "", "A browser asked for the page in case somebody taps. It is no click."),
    Verdict.SCANNER: Words("Scanner", "", "A program looked the link over. It is no click."),
    Verdict.HEAD: Words("Looked up", "", "Somebody asked where the link leads without opening it. It is no click."),
}

# A hit of which only the time is kept, as in a message's record, or whose verdict has no words here yet.
UNJUDGED = Words("Hit", "", "What opened the link is not known here.")

EVENT = {
    EventType.MESSAGE_ACCEPTED: Words("Accepted", "", "It was taken, and will be sent."),
    EventType.MESSAGE_ATTEMPTED: Words("Handed to the carrier", "", ""),
    EventType.MESSAGE_SUBMITTED: Words("Submitted", "", "The carrier has taken it."),
    EventType.MESSAGE_SENT: Words("Sent", "", "The carrier handed it to the mobile network."),
    EventType.MESSAGE_DELIVERED: Words("Delivered", "good", "The carrier says that the phone has it."),
    EventType.MESSAGE_FAILED: Words("Not delivered", "bad", ""),
    EventType.MESSAGE_UNCONFIRMED: Words("Unconfirmed", "bad", "It was not found at the carrier and is held."),
    EventType.MESSAGE_RECEIVED: Words("Inbound message", "", "Somebody sent us an SMS."),
    EventType.LINK_CLICKED: Words("Tapped", "good", ""),
    EventType.LINK_PREVIEWED: Words("Machine hit", "machine", ""),
    EventType.LINK_EXPIRED: Words("Link expired", "", "Its time was up."),
    EventType.LINK_DISABLED: Words("Link switched off", "", "It leads nowhere until it is switched on."),
    EventType.LINK_ENABLED: Words("Link switched on", "", "It leads on again."),
    EventType.CALLBACK_ATTEMPTED: Words("Callback", "", ""),
    EventType.RECIPIENT_UNSUBSCRIBED: Words("Opted out", "bad", "This number gets nothing more until it asks for it."),
    EventType.RECIPIENT_RESUBSCRIBED: Words("Opted in again", "good", ""),
}

# Through which door a link was switched off or on.
SWITCHED_BY = {
    "api": "Your program asked for it.",
    "dashboard": "Somebody did it in this dashboard.",
    "cli": "The operator of this service did it.",
}

# Who said that a number wants no more messages, or wants them again, where no text of theirs says it.
SAID_BY = {
    OptOutReason.WORD: "By an SMS.",
    OptOutReason.CARRIER: "The carrier said so when it refused a message.",
    OptOutReason.OPERATOR: "The operator of this service noted it.",
}
REPLY = Words("Reply", "", "Somebody answered a message.")
HELP = Words("Asked for help", "busy", "The text was a keyword that asks who you are and how to opt out.")

# A message that failed before the mobile network had it; others were not delivered.
REFUSED = Words("Failed", "bad", "")

# What came of a try to hand a message to the carrier, where no other event says it.
OUTCOME = {
    "busy": Words("Carrier busy", "", "It took nothing, and is asked again soon."),
    "unknown": Words("No clear answer", "bad", "Nobody knows whether the carrier has it. We look there first."),
    "not-found": Words("Not found at the carrier", "", "So it is sent again."),
}

_RULES = {
    "apple-messages": "The Messages app of an iPhone, iPad or Mac drew a preview before anybody tapped.",
    "samsung-messages": "Samsung's Messages app drew a preview. It poses as an old Firefox on a desktop computer.",
    "google-pagerenderer": "Google drew a preview for an Android phone.",
    "google-read-aloud": "Google fetched the page to be able to read it aloud.",
    "google-safety": "Google checked whether the page is safe.",
    "barracuda-sentinel": "A security product of Barracuda checked the link.",
    "sec-purpose": "The browser itself said that nobody had tapped yet.",
    "x-purpose": "The browser itself said that it wanted a preview.",
    "says-preview": "The program calls itself a previewer.",
    "says-robot": "The program calls itself a robot.",
    "ms-office": "Word or Outlook looked up the link before a browser opened it.",
    "says-compatible": "The program calls itself compatible with browsers, and is none.",
    "names-its-page": "The program names a page about itself, as robots do.",
    "head": "The request was a HEAD, which asks for headers only.",
    "method": "Nobody taps with this kind of request: browsers open links with GET.",
    "browser": "It came from a browser, and nothing spoke against a person.",
    "old-phone": "It came from the browser of an older phone.",
    "agent:empty": "The request did not say which program made it.",
    "agent:dalvik": "An Android app fetched the link by itself.",
    "agent:cfnetwork": "An iPhone app fetched the link by itself.",
    "agent:other": "The program does not introduce itself as a browser does.",
}

KIND = {CallbackKind.CLICK: "Click callback", CallbackKind.REPORT: "Delivery report"}
CALLBACK_STATE = {
    CallbackState.PENDING: Words(
        "Being delivered", "busy", "It is tried until the receiver answers 200, ten times at most."
    ),
    CallbackState.DELIVERED: Words("Delivered", "good", "The receiver answered 200."),
    CallbackState.EXHAUSTED: Words("Given up", "bad", "Ten tries were made and none was answered with 200."),
    CallbackState.STOPPED: Words(
        "Stopped", "bad", "The receiver said that it is gone for good, or its address may not be called."
    ),
}
DELIVERY_STATE = {
    DeliveryState.PENDING: "tried again",
    DeliveryState.DELIVERED: "done",
    DeliveryState.EXHAUSTED: "given up",
    DeliveryState.DROPPED: "no longer kept",
}
PAUSED: dict[str, str] = {
    PauseReason.ASKED: "Paused",
    PauseReason.GONE: "Paused: it answered 410 Gone",
    PauseReason.FAILING: "Paused: it failed for days",
}
ATTEMPT_ERROR = {
    "timeout": "no answer in time",
    "refused": "the address may not be called",
    "connect": "no connection",
    "reset": "the connection was cut",
    "dns": "the name is not known",
    "tls": "no safe connection",
    "protocol": "the answer was no proper HTTP",
    "died": "the worker died during the try",
}


def rule_words(verdict: Verdict, rule: str) -> str:
    """Say in a sentence why a hit was judged so."""
    if rule in _RULES:
        return _RULES[rule]
    if rule.startswith("agent:"):
        return f"The program introduced itself as {rule.removeprefix('agent:').replace('-', ' ')}."
    return VERDICT[verdict].why


def paused(reason: str) -> str:
    """Say that a webhook is paused and why; the reason may be a later version's word."""
    return PAUSED.get(reason, f"Paused: {reason}")
