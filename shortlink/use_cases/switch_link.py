"""Switch a short link off, or on again."""

from __future__ import annotations

from urllib.parse import urlsplit

from shortlink.domain.errors import NotFound, RecordUnreadable
from shortlink.domain.link import SwitchedBy
from shortlink.domain.message import Message
from shortlink.domain.message_id import split_message_id
from shortlink.domain.snapshot import Snapshot
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.read_messages import read_message


def switch_link(
    identifier: str, *, on: bool, by: SwitchedBy, sid: str, messages: MessageStore, links: LinkStore
) -> None:
    """Switch the link of one message of an account; the next tap sees it, on every door.

    Raises NotFound when there is no such message or it has no link, and RecordUnreadable when nobody can tell whose it
    is; nothing else that is damaged in its record stands in the way. A second call changes nothing.
    """
    links.switch(_own_code(identifier, sid, messages), on=on, by=by)


def _own_code(identifier: str, sid: str, messages: MessageStore) -> str:
    try:
        message = read_message(identifier, sid=sid, messages=messages)
    except RecordUnreadable as error:
        if error.account != sid:
            raise
        return error.code
    if message.link is None:
        raise NotFound("this message has no short link")
    return message.code


def switch_any_link(name: str, *, on: bool, link_url: str, inspector: Inspector, links: LinkStore) -> Snapshot:
    """Switch a link of any account by its message's id, its code or its short URL, and return what was known of it.

    For operators. Raises NotFound when nothing is called so or the message has no link. An address has to be on the
    host of `link_url`, or on the one that the link was sent with: a code means nothing elsewhere. A record that is
    damaged is switched all the same; raises RecordUnreadable only when it is no hash.
    """
    host, last = _split_address(name.strip())
    split = split_message_id(last)
    found = inspector.look(split[0] if split else last)
    if found.unreadable is None:
        _check(found.message, host, link_url, identifier=last if split else None)
    elif host not in (None, _host(link_url)):
        raise NotFound(f"{_elsewhere(link_url)}; its record is damaged: if it is this one, name {found.code} alone")
    links.switch(found.code, on=on, by="cli")
    return found


def _check(message: Message | None, host: str | None, link_url: str, *, identifier: str | None) -> None:
    """Raise NotFound unless a name means this message, and it has a link."""
    if message is None or identifier not in (None, message.id):
        raise NotFound("there is no message or short link of that name")
    if message.link is None:
        raise NotFound("this message has no short link")
    if host not in (None, _host(link_url), _host(message.link.short_url)):
        raise NotFound(_elsewhere(link_url))


def _elsewhere(link_url: str) -> str:
    return f"that address is on another host; the links of this installation begin with {link_url}/"


def _split_address(name: str) -> tuple[str | None, str]:
    """Split what may be an address, with or without its scheme, into its host and the last part of its path."""
    parts = urlsplit(name if "://" in name else f"//{name}" if "/" in name.strip("/") else name)
    return parts.netloc.lower() or None, parts.path.rstrip("/").rpartition("/")[2]


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
