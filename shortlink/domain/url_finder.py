"""Find the link in a text: the first URL or bare domain, as people write them in an SMS.

Two rules, of which the earlier place in the text wins. A bare domain counts only alone between ASCII white space
or the text's edges, with nothing but marks such as quotes, brackets and a full stop around it. An http:// or
https:// URL counts there too, and also where other text is glued to it, as Japanese text usually is. With such
text in front of it, it ends at the first character that RFC 3986 does not allow in a URL; else the letters of its
path may be of any script, see `url_path`. Every pass is linear in the text's length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shortlink.domain.bare_domain import is_site
from shortlink.domain.hostname import MAX_LENGTH, is_known, is_latin, needs_no_ending, to_ascii
from shortlink.domain.url_path import path_end

# Letters and digits of all scripts, without spaces, general punctuation, CJK marks and full-width forms.
_LETTERS = "\u00b7\u00c0-\u1fff\u2c00-\u2dff\u3005-\u3007\u3021-\ud7ff\uf900-\ufaff\ufb1d-\ufdfb\U00010000-\U0003ffff"
_URL = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%"  # RFC 3986

_LIKELY = re.compile(rf"\.[A-Za-z0-9{_LETTERS}]|://")  # what no link is without
_SPACES = " \t\n\v\f\r"
_SPACE = re.compile(rf"[{_SPACES}]")
_BARE = re.compile(rf"([A-Za-z0-9.\-{_LETTERS}]{{1,{MAX_LENGTH}}})(?::([0-9]{{1,5}}))?(?![^/?#])")
_SCHEME = re.compile(r"(?ai)(?<![a-z0-9+\-@/\\%])http(s?)://")
_OTHER_SCHEME = re.compile(
    r"(?ai)(?!https?:)(?:[a-z][a-z0-9+\-]*://|(?:blob|data|javascript|mailto|vbscript|view-source):)"
)
_URL_RUN = re.compile(rf"[{_URL}]*")
_ASCII = re.compile(r"[\x00-\x7f]*")
_ASCII_RUN = re.compile(r"[A-Za-z0-9._\-]*")
_HOST_RUN = re.compile(rf"[A-Za-z0-9._\-{_LETTERS}]*")
_PORT = re.compile(r":([0-9]{1,5})(?![0-9])|:$")  # RFC 3986 allows an empty one before a path: the usual port
_ROOT_DOT = re.compile(r"\.(?=:?[/?#]|:[0-9])")  # `https://example.com./`, the same host as without the dot
_TO_PATH = re.compile(r"\.?(?::[0-9]{0,5})?(?=[/?#])")
_AUTHORITY_END = re.compile("[/?#]")
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")

_OPENING_MARKS = "([{<\"'“‘«"
_CLOSING_MARKS = ".,;:!?\"'”’»"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_END_MARKS = frozenset(_CLOSING_MARKS) | frozenset(_OPENING_MARKS) | frozenset(_PAIRS)
_HOST_MARKS = "._-"  # at the end of a host, they are around it: `_https://example.com_` is emphasis
_AFTER_HOST = re.compile(r"\.*[,;!'()\[\]*_\-~&+=$]")  # may follow a host without belonging to it, as in `a.test.,x`


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """Where a link stands: `text[start:end] == written`."""

    start: int
    end: int
    written: str


def find_link(text: str, *, own_hosts: frozenset[str] = frozenset(), until: int | None = None) -> FoundLink | None:
    """Find the first URL or bare domain of a text.

    Words that begin behind the place `until` are not looked at: each costs some microseconds.
    `own_hosts` are the hosts of our own short links in lower case, as `host` (on any port) or `host:port`; a
    link to them is passed over. Never found: e-mail addresses, file names, versions, times; schemes other than
    http and https; URLs with user information, a backslash or a control character, or a port over 65535.
    """
    end = 0
    while likely := _LIKELY.search(text, end):  # most words are passed over, at a tenth of the cost
        start, end = _token_around(text, likely.start(), after=end)
        if until is not None and start > until:
            return None
        while start < end and text[start] in _OPENING_MARKS:
            start += 1
        span = _bare_domain(text, start, end, own_hosts) or _url(text, start, end, own_hosts)
        if span:
            return FoundLink(start=span[0], end=span[1], written=text[slice(*span)])
    return None


def _token_around(text: str, place: int, *, after: int) -> tuple[int, int]:
    """Find where the word that holds a place begins, behind `after`, and where it ends."""
    start = max(text.rfind(space, after, place) for space in _SPACES) + 1
    space = _SPACE.search(text, place)
    return max(start, after), space.start() if space else len(text)


def _bare_domain(text: str, start: int, end: int, own_hosts: frozenset[str]) -> tuple[int, int] | None:
    """Take the whole of a token, but the marks around it, as a domain with or without port and path."""
    end = _without_closing_marks(text, start, end)
    match = _BARE.match(text, start, end)
    if match is None or path_end(text, match.end(), end) < end:
        return None
    written, port = match[1], match[2]
    host = to_ascii(written)
    if host is None or not is_known(host) or not _is_port(port):
        return None
    has_path = text.startswith("/", match.end(), end)
    ports = (port,) if port else ("80", "443")
    if any(_is_own(written, host, any_port, own_hosts) for any_port in ports):
        return None
    return (start, end) if is_site(written, host, has_path=has_path) else None


def _url(text: str, start: int, end: int, own_hosts: frozenset[str]) -> tuple[int, int] | None:
    """Find an http:// or https:// URL anywhere in a token."""
    if _OTHER_SCHEME.match(text, start, end):
        return None
    passed_over = start
    ascii_end = _run_end(_ASCII, text, start, end)
    for scheme in _SCHEME.finditer(text, start, end):
        if scheme.start() < passed_over:  # in the query of a URL that was refused: changing it would be no better
            continue
        alone = scheme.start() <= ascii_end
        host = _host(text, scheme.end(), end)
        after_host = host[0] if host else scheme.end()
        passed_over = path_end(text, after_host, end) if alone else _run_end(_URL_RUN, text, after_host, end)
        rest = host and _rest(text, host[0], end, alone=alone)
        if host and rest:
            written, port = text[scheme.end() : host[0]], rest[1] or ("443" if scheme[1] else "80")
            if not _is_own(written, host[1], port, own_hosts):
                return scheme.start(), rest[0]
    return None


def _host(text: str, start: int, end: int) -> tuple[int, str] | None:
    """Read the host that begins at `start`: where it ends and its ASCII form.

    Letters that are not ASCII may belong to it (`日本語.jp`) or be glued to it (`example.comです`): what is a
    complete host without them ends before them.
    """
    ascii_end = _run_end(_ASCII_RUN, text, start, end)
    host_end = _run_end(_HOST_RUN, text, start, end)
    plain_end = start + len(text[start:ascii_end].rstrip(_HOST_MARKS))
    plain = to_ascii(text[start:plain_end])
    if ascii_end < host_end:
        same_word = is_latin(text[ascii_end])
        complete = plain is not None and plain_end == ascii_end and (is_known(plain) or needs_no_ending(plain))
        if same_word or not complete:
            host_end = _before_glued_text(text, start, host_end)
            name = to_ascii(text[start:host_end])
            if name and is_known(name):
                return host_end, name
        if same_word:
            return None
    return (plain_end, plain) if plain else None


def _before_glued_text(text: str, start: int, end: int) -> int:
    """Find where an international host ends: `日本語.jpです` ends after jp, as no ending mixes scripts."""
    end = start + len(text[start:end].rstrip(_HOST_MARKS))
    ending = text.rfind(".", start, end) + 1 or start
    ascii_end = _run_end(_ASCII_RUN, text, ending, end)
    is_glued = ending < ascii_end < end and not is_latin(text[ascii_end])
    return start + len(text[start:ascii_end].rstrip(_HOST_MARKS)) if is_glued else end


def _rest(text: str, host_end: int, limit: int, *, alone: bool) -> tuple[int, str | None] | None:
    """Read on from the end of the host: where the URL ends and its port; None when the URL is refused.

    `alone` when nothing but ASCII stands before the URL in its token: letters of all scripts may be in its path.
    """
    path = _TO_PATH.match(text, host_end, limit) if alone else None
    run_end = path_end(text, path.end(), limit) if path else _run_end(_URL_RUN, text, host_end, limit)
    end = _without_closing_marks(text, host_end, run_end)
    host_end = _run_end(_ROOT_DOT, text, host_end, end)
    authority = _AUTHORITY_END.split(text[host_end:end], maxsplit=1)[0]
    match = _PORT.match(authority)
    port = match[1] if match else None
    if "@" in authority or "%" in authority or not _is_port(port) or _REFUSED.match(text, run_end, limit):
        return None
    port_end = match.end() if match else 0
    if port_end == len(authority):
        return end, port
    return (host_end + port_end, port) if _AFTER_HOST.match(authority, port_end) else None


def _run_end(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    match = pattern.match(text, start, end)
    return match.end() if match else start


def _is_port(port: str | None) -> bool:
    return port is None or 0 < int(port) < 65536


def _is_own(written: str, host: str, port: str, own_hosts: frozenset[str]) -> bool:
    names = {written.lower(), host}
    return not own_hosts.isdisjoint(names | {f"{name}:{int(port)}" for name in names})


def _without_closing_marks(text: str, start: int, end: int) -> int:
    """Leave the marks at the end outside, and a closing bracket only if it was not opened inside."""
    if start < end and text[end - 1] not in _END_MARKS:
        return end
    unopened = {mark: text.count(mark, start, end) - text.count(_PAIRS[mark], start, end) for mark in _PAIRS}
    while end > start:
        mark = text[end - 1]
        if unopened.get(mark, 0) > 0:
            unopened[mark] -= 1
        elif mark not in _CLOSING_MARKS and mark not in _OPENING_MARKS:
            break
        end -= 1
    return end
