"""Every call that both clients make about messages, links and callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import count, islice
from typing import Any

from shortlink.client import idempotency
from shortlink.client.call import Call, part, read_json, utc_day, words
from shortlink.client.callback import Callback, read_callback
from shortlink.client.errors import Answer, ClientError, how_to_go_on
from shortlink.client.message import (
    BatchEntry,
    Draft,
    Message,
    MessageList,
    Sent,
    read_message,
)

MOST_AT_ONCE = 1000
_MESSAGES = "/sms/messages/"


def send(
    text: str,
    *,
    to: str,
    sender: str,
    track: bool,
    tags: str | Iterable[str],
    callback_url: str | None,
    click_callback_url: str | None,
    idempotency_key: str | int | None,
) -> Call[Sent]:
    """Send a message; the key is drawn here, so that every try of this call carries the same one."""
    key = idempotency.key_of(idempotency_key)
    draft = Draft(text, to, sender, track, words(tags), callback_url, click_callback_url)

    def read(answer: Answer) -> Sent:
        found = read_json(answer)
        one = found[0] if isinstance(found, list) else found  # Xoxzo's own answer is an array
        replayed = answer.headers.get("idempotent-replayed") == "true"
        return Sent(msgid=one["msgid"], replayed=replayed, idempotency_key=key)

    return Call(method="POST", path=_MESSAGES, read=read, content=_content(draft), headers={"Idempotency-Key": key})


def send_many(drafts: Sequence[Draft], key: str, *, goes_on: bool) -> Call[tuple[BatchEntry, ...]]:
    """Send up to MOST_AT_ONCE messages; `goes_on` behind a first part."""

    def read(answer: Answer) -> tuple[BatchEntry, ...]:
        return tuple(BatchEntry(msgid=one.get("msgid"), errors=one.get("errors", {})) for one in read_json(answer))

    content = {"messages": [_content(draft) for draft in drafts]}
    path = f"{_MESSAGES}batch/"
    headers = {"Idempotency-Key": idempotency.key_of(key)}
    return Call(method="POST", path=path, read=read, content=content, headers=headers, of_many=True, goes_on=goes_on)


def batches(drafts: Iterable[Draft], key: str) -> Iterator[Call[tuple[BatchEntry, ...]]]:
    """Cut many messages into requests; each has a key of its own, the same ones for the same key."""
    rest = iter(drafts)
    for number in count():
        some = list(islice(rest, MOST_AT_ONCE))
        if not some:
            return
        yield send_many(some, f"{key}-{number}", goes_on=number > 0)


@contextmanager
def resumable(key: str) -> Iterator[list[BatchEntry]]:
    """Take what became of many messages; an error on the way says how far it came and how to go on."""
    entries: list[BatchEntry] = []
    try:
        yield entries
    except ClientError as error:
        error.note_progress(key, entries)
        raise
    except BaseException as error:  # told to stop while it waited
        error.add_note(how_to_go_on(key))
        raise


def _content(draft: Draft) -> dict[str, Any]:
    content: dict[str, Any] = {"message": draft.text, "recipient": draft.to, "sender": draft.sender}
    if draft.track:
        content["track_link"] = True
    if draft.tags:
        content["tags"] = words(draft.tags)
    if draft.callback_url:
        content["callbackurl"] = draft.callback_url
    if draft.click_callback_url:
        content["lt_callbackurl"] = draft.click_callback_url
    return content


def get(msgid: str) -> Call[Message]:
    """Read one message."""
    return Call(method="GET", path=f"{_MESSAGES}{part(msgid)}/", read=lambda answer: read_message(read_json(answer)))


def list_messages(*, since: date | None, until: date | None) -> Call[MessageList]:
    """List messages by the UTC days on which they were sent, both included."""

    def read(answer: Answer) -> MessageList:
        found = tuple(read_message(one) for one in read_json(answer))
        truncated = answer.headers.get("x-truncated") == "true"
        return MessageList(messages=found, truncated=truncated, unreadable=int(answer.headers.get("x-unreadable", "0")))

    # The contract glues the operator to the name: `sent_date>=2026-01-31`.
    days = {"sent_date>": since, "sent_date<": until}
    params = {name: utc_day(day) for name, day in days.items() if day is not None}
    return Call(method="GET", path=_MESSAGES, read=read, params=params)


def callbacks(msgid: str) -> Call[tuple[Callback, ...]]:
    """List a message's callbacks and every try."""
    return Call(
        method="GET",
        path=f"{_MESSAGES}{part(msgid)}/callbacks/",
        read=lambda answer: tuple(read_callback(one) for one in read_json(answer)),
    )


def redeliver(msgid: str, callback_id: str) -> Call[bool]:
    """Begin another round of tries of one callback."""
    path = f"{_MESSAGES}{part(msgid)}/callbacks/{part(callback_id)}/redeliver/"
    return Call(method="POST", path=path, read=lambda answer: bool(read_json(answer)["reopened"]))


def redeliver_days(*, since: date, until: date) -> Call[int]:
    """Begin another round of tries of all callbacks that never arrived."""
    return Call(
        method="POST",
        path="/sms/callbacks/redeliver/",
        read=lambda answer: int(read_json(answer)["redelivering"]),
        content={"from": utc_day(since), "to": utc_day(until)},
    )


def switch_link(msgid: str, *, on: bool) -> Call[Message]:
    """Switch a message's short link on or off."""
    word = "enable" if on else "disable"
    path = f"{_MESSAGES}{part(msgid)}/link/{word}/"
    return Call(method="POST", path=path, read=lambda answer: read_message(read_json(answer)))
