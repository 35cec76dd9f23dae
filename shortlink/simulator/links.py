"""Find the links in a message's body, as a handset would underline them."""

from __future__ import annotations

import re

# Printable ASCII only: a link glued to Japanese text ends where the text begins.
_LINK = re.compile(r"https?://[!#-;=?-~]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def _trim(url: str) -> str:
    """Leave closing punctuation outside, and a bracket too unless the link opened it."""
    while url and (url[-1] in ".,;:!?'*_~`|" or _is_stray(url)):
        url = url[:-1]
    return url


def _is_stray(url: str) -> bool:
    opening = _CLOSING.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)


def split_links(body: str) -> list[tuple[str, bool]]:
    """Cut a body into pieces; the flag says whether the piece is an http or https link."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in _LINK.finditer(body):
        url = _trim(match.group())
        if url.partition("://")[2]:
            pieces += [(body[end : match.start()], False), (url, True)]
            end = match.start() + len(url)
    pieces.append((body[end:], False))
    return [piece for piece in pieces if piece[0]]


def find_links(body: str) -> list[str]:
    """List the http and https links of a body in their order."""
    return [text for text, is_link in split_links(body) if is_link]
