"""What an installation asks of a message beyond the form of its fields, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shortlink.domain.draft import MAX_CHARACTERS, TOO_LONG, Draft
from shortlink.domain.errors import InvalidFields
from shortlink.domain.phone import country_of, is_costly
from shortlink.domain.url_finder import FoundLink, find_link
from shortlink.use_cases.check_target import TargetRules, check_target

NOT_ALLOWED = "Country not allowed"
COSTLY = "Premium-rate and satellite numbers are refused: this installation does not send there."


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRules:
    """What an installation decides about accepted messages."""

    link_url: str  # stands before every code, without a slash at its end
    code_length: int
    own_hosts: frozenset[str]  # never shortened: a link to our own links would chain
    price_per_part: float
    price_tracking: float
    targets: TargetRules = field(default_factory=TargetRules)
    countries: frozenset[str] = frozenset()  # that may be sent to; none named means all
    costly_numbers: bool = False  # whether they may be sent to

    def why_forbidden(self, recipient: str) -> str | None:
        """Say why a number is not sent to; None where it is."""
        if self.countries and country_of(recipient) not in self.countries:
            return NOT_ALLOWED
        return COSTLY if not self.costly_numbers and is_costly(recipient) else None

    def cost_of(self, segments: int, *, with_link: bool) -> float:
        """Tell the price of a message, to the millionth: 0.05 and 0.01 are 0.06, and not 0.060000000000000005."""
        return round(segments * self.price_per_part + (self.price_tracking if with_link else 0.0), 6)

    def find_link(self, text: str) -> FoundLink | None:
        """Find what is to be shortened; with a link any further back, a text is too long whatever becomes of it."""
        return find_link(text, own_hosts=self.own_hosts, until=MAX_CHARACTERS)

    def is_too_long(self, text: str, found: FoundLink | None) -> bool:
        """Whether a text is too long as it is really sent: with a short link where one was found that is swapped."""
        swapped = 0 if found is None else len(self.link_url) + 1 + self.code_length - len(found.written)
        return len(text) + swapped > MAX_CHARACTERS


def rule_faults(asked: Mapping[str, Any], rules: AcceptRules) -> dict[str, list[str]]:
    """Find what the rules have against those fields of a draft that are right in themselves.

    Asks neither the store nor a public shortener. A text is judged only beside `tracked`: without knowing whether its
    link is swapped, nobody knows its length.
    """
    faults: dict[str, list[str]] = {}
    if "recipient" in asked and (reason := rules.why_forbidden(asked["recipient"])):
        faults["recipient"] = [reason]
    if {"text", "tracked"} <= asked.keys() and (texts := _text_faults(asked["text"], rules, tracked=asked["tracked"])):
        faults["text"] = texts
    return faults


def beside_others(error: InvalidFields, draft: Draft, rules: AcceptRules) -> InvalidFields:
    """Put beside a fault that was met all others that the rules find in the draft; alone, it stays what it is."""
    asked = {"text": draft.text, "recipient": draft.recipient, "tracked": draft.tracked}
    fields = rule_faults(asked, rules)
    for name, texts in error.fields.items():
        fields[name] = [*texts, *(text for text in fields.get(name, ()) if text not in texts)]
    return error if fields == error.fields else InvalidFields(fields)


def _text_faults(text: str, rules: AcceptRules, *, tracked: bool) -> list[str]:
    found = rules.find_link(text) if tracked else None
    faults = [] if found is None else _target_faults(found.written, rules)
    return [*faults, TOO_LONG] if rules.is_too_long(text, found) else faults


def _target_faults(link: str, rules: AcceptRules) -> list[str]:
    targets = rules.targets
    if targets.shorteners == "unwrap":  # takes seconds, and is asked for nothing while the message is refused anyway
        targets = replace(targets, shorteners="shorten")
    try:
        check_target(link, targets, own_hosts=rules.own_hosts)
    except InvalidFields as error:
        return error.fields["text"]
    return []
