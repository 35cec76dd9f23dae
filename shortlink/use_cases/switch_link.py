"""Switch a short link off, or on again."""

from __future__ import annotations

from shortlink.domain.errors import NotFound
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
