"""Host names: which texts can be one, and how it is written in ASCII."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The `idna` package (IDNA 2008, what registries sell today) and not the standard library's codec (IDNA 2003):
# the codec lets symbols and unassigned characters through and turns ß into ss, which is another domain.
import idna
from linkify_it.tlds import TLDS

MAX_LENGTH = 253  # characters of a DNS name
_KNOWN_ENDINGS = frozenset(ending.lower() for ending in TLDS)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")


def to_ascii(host: str) -> str | None:
    """Write a host in lower-case ASCII, an IDN in its `xn--` form; None when no host can be called so.

    Takes a DNS name of at least two labels, `localhost`, or an IPv4 address in its usual form. Other spellings
    of addresses (`127.1`, `2130706433`, `0x7f.1`) and IPv6 are refused: people do not write them to each other.
    """
    return None if len(host) > MAX_LENGTH else _to_ascii(host)  # the memory below would keep whatever a text holds


@lru_cache(maxsize=4096)  # a campaign has one host in all of its texts
def _to_ascii(host: str) -> str | None:
    lower = host.lower()
    if lower == "localhost" or _IPV4.fullmatch(lower):
        return lower
    if "." not in lower:
        return None
    if not lower.isascii() or "xn--" in lower:
        try:
            lower = idna.encode(unicodedata.normalize("NFC", lower)).decode()
        except UnicodeError:
            return None
    labels = lower.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    ending = labels[-1]
    return lower if ending[0].isalpha() and "_" not in ending else None


def is_known(ascii_host: str) -> bool:
    """Whether a host ends in a top-level domain of the IANA list."""
    return ascii_host.rpartition(".")[2] in _KNOWN_ENDINGS


def needs_no_ending(ascii_host: str) -> bool:
    """Whether a host is an IPv4 address or `localhost`."""
    return ascii_host == "localhost" or ascii_host.rpartition(".")[2].isdigit()


def is_latin(character: str) -> bool:
    """Whether a letter beyond ASCII stands in one word with ASCII letters, as é or ệ does and 日 or ж does not."""
    return character < "\u0370" or "\u1e00" <= character < "\u1f00"
