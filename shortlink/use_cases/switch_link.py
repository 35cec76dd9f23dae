"""Switch a short link off, or on again."""

from __future__ import annotations

from urllib.parse import urlsplit

from shortlink.domain.code import split_message_id
from shortlink.domain.errors import NotFound
from shortlink.domain.message import Message
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.read_messages import read_message


def switch_link(identifier: str, *, on: bool, sid: str, messages: MessageStore, links: LinkStore) -> None:
    """Switch the link of one message of an account; the next tap sees it, on every door.

    Raises NotFound when there is no such message or it has no link. A second call changes nothing.
    """
    message = read_message(identifier, sid=sid, messages=messages)
    if message.link is None:
        raise NotFound("this message has no short link")
    links.switch(message.code, on=on)


def switch_any_link(name: str, *, on: bool, inspector: Inspector, links: LinkStore) -> Message:
    """Switch a link of any account by its message's id, its code or its short URL, and return the message.

    For operators. Raises NotFound when nothing is called so or the message has no link.
    """
    last = urlsplit(name.strip()).path.rstrip("/").rpartition("/")[2]
    split = split_message_id(last)
    message = inspector.look(split[0] if split else last).message
    if message is None or (split and message.id != last):
        raise NotFound("there is no message or short link of that name")
    if message.link is None:
        raise NotFound("this message has no short link")
    links.switch(message.code, on=on)
    return message
