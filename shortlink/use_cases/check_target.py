"""Check where a short link is to lead, by the rules of this installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shortlink.domain.errors import InvalidFields
from shortlink.domain.link import target_of
from shortlink.domain.location import location_of
from shortlink.domain.target import PUBLIC_SHORTENERS, host_of, is_covered
from shortlink.domain.url_finder import find_link

MAX_LOCATION = 3000  # characters of the redirect's header: with more, a proxy of 4 KiB a head answers 502 instead
_MOST_A_CHARACTER = 12  # of them, percent-encoded
MAX_FINAL = 2000  # characters of an address that a public shortener leads to


def _nowhere(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRules:
    """What an installation does not link to.

    `denied` gives the denied hosts as they are now. `unwrap` asks a public shortener where its link leads; None when
    that cannot be found.
    """

    denied: Callable[[], frozenset[str]] = frozenset
    shorteners: Literal["shorten", "refuse", "unwrap"] = "shorten"
    unwrap: Callable[[str], str | None] = _nowhere


def check_target(link: str, rules: TargetRules, *, own_hosts: frozenset[str]) -> str:
    """Return what a found link is to lead to: itself, or what a public shortener stands for.

    Raises InvalidFields under `text`. May wait for a shortener's answer, a few seconds at most.
    """
    _check_denied(link, rules)
    _check_length(link)
    host = host_of(link)
    if rules.shorteners == "shorten" or not is_covered(host, PUBLIC_SHORTENERS):
        return link
    if rules.shorteners == "refuse":
        raise _refusal(f"{host} is a public link shortener: use the address that its link leads to.")
    final = rules.unwrap(target_of(link))
    if final is None or not _may_be_final(final, own_hosts):
        raise _refusal(
            f"{host} is a public link shortener, and where its link leads could not be found just now:"
            " use that address itself."
        )
    _check_denied(final, rules)
    return final


def _check_denied(link: str, rules: TargetRules) -> None:
    host = host_of(link)
    if is_covered(host, rules.denied()):
        raise _refusal(f"Links to {host} are refused: this installation does not link there.")


def _check_length(link: str) -> None:
    if len(link) * _MOST_A_CHARACTER <= MAX_LOCATION:  # nearly always
        return
    length = len(location_of(target_of(link)))
    if length > MAX_LOCATION:
        raise _refusal(
            f"A link may have {MAX_LOCATION} characters at most, with all but ASCII percent-encoded: it has {length}."
        )


def _may_be_final(address: str, own_hosts: frozenset[str]) -> bool:
    """Whether an address is as good as one that a customer wrote, and no shortener's itself."""
    found = find_link(address, own_hosts=own_hosts)
    whole = found is not None and found.written == address and len(address) <= MAX_FINAL
    return whole and not is_covered(host_of(address), PUBLIC_SHORTENERS)


def _refusal(sentence: str) -> InvalidFields:
    return InvalidFields({"text": [sentence]})
