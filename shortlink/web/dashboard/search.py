"""A search for messages: how it is typed, and how it stands in an address, where a number stands sealed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from shortlink.domain.sealed_number import MAX_DIGITS, open_number, seal_number
from shortlink.use_cases.read_archive import Search
from shortlink.web.context import services
from shortlink.web.dashboard.door import nonce
from shortlink.web.dashboard.period import faults_of_dates, read_dates
from shortlink.web.dashboard.presentation import reader_zone
from shortlink.web.dashboard.words import STATUS_CHOICES

_CLICKED = {"yes": True, "no": False}
_OPENLY = ("tag", "status", "clicked", "reason", "link", "from", "to")  # what may stand in an address as it is
_MAX_LENGTH = 200
END = "…"  # stands before the end of a number, in the place of what is left out
_DOTS = (END, "..", "*")  # how it may be typed
LEAST_END = 4  # digits: fewer are the end of too many numbers
_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")  # as in +81 (0)80: dialled at home only


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is searched for. `lost` when the address seals its number for another session than this one.

    `sealed` is empty when what was typed is neither the beginning of a number nor, with `by_end`, its end.
    """

    openly: dict[str, str]
    number: str = ""  # as it was typed; out of an address, the plus and digits, or "…" and those at the end
    sealed: str = ""
    by_end: bool = False
    lost: bool = False

    def address(self) -> dict[str, Any]:
        """Write it as it stands in an address."""
        return self.openly | ({"ending" if self.by_end else "sealed": self.sealed} if self.sealed else {})

    @property
    def is_national(self) -> bool:
        """Whether a number was typed as it is dialled at home, which says nothing about its country."""
        return not self.by_end and _digits(self.number).startswith("0")

    def is_empty(self) -> bool:
        """Whether nothing is searched for."""
        return not (self.openly or self.number or self.lost)

    def faults(self) -> dict[str, str]:
        """Say what is wrong with what stands there openly, by the name of the field."""
        found, given = faults_of_dates(self.openly), self.openly
        if (status := given.get("status")) and status not in STATUS_CHOICES:
            found["status"] = f"“{status}” is no status. Please choose {_either(STATUS_CHOICES)}."
        if (clicked := given.get("clicked")) and clicked not in _CLICKED:
            found["clicked"] = f"“{clicked}” says nothing about clicks. Please choose {_either(_CLICKED)}."
        return found

    def conditions(self) -> Search:
        """Say it to the archive, if there are no faults."""
        given = self.openly
        since, until = read_dates(given, reader_zone())
        chosen = STATUS_CHOICES.get(given.get("status", ""))
        return Search(
            number=None if self.by_end else self.number.removeprefix("+") or None,
            ending=self.number.removeprefix(END) if self.by_end else None,
            tag=given.get("tag"),
            status=chosen.statuses if chosen else (),
            submitted=chosen is not None and chosen.submitted,
            clicked=_CLICKED.get(given.get("clicked", "")),
            error=given.get("reason"),
            link=given.get("link"),
            since=since,
            until=until,
        )


def read_address() -> Asked:
    """Read the search that an address asks for; a number that stands there for everybody to see is not taken."""
    by_end = bool(request.args.get("ending"))
    sealed = request.args.get("ending" if by_end else "sealed", "")[:_MAX_LENGTH]
    digits = open_number(sealed, nonce=nonce(), key=services().settings.key) if sealed else ""
    lost = digits is None or bool(request.args.get("number"))
    number = f"{END if by_end else '+'}{digits}" if digits else ""
    return Asked(openly=_openly(request.args), number=number, sealed=sealed, by_end=by_end, lost=lost)


def read_form() -> Asked:
    """Read the search that was typed."""
    typed = request.form.get("number", "").strip()[:_MAX_LENGTH]
    by_end = typed.startswith(_DOTS)
    digits = _plain(typed) if by_end else _digits(typed)
    found = len(digits) >= LEAST_END if by_end else len(digits) > 0 and digits[0] != "0"
    sealed = seal_for_reader(digits) if found and len(digits) <= MAX_DIGITS else ""
    return Asked(openly=_openly(request.form), number=typed, sealed=sealed, by_end=by_end)


def seal_for_reader(number: str) -> str:
    """Seal a number, with or without its plus, for whoever reads this page. Raises ValueError."""
    return seal_number(number.removeprefix("+"), nonce=nonce(), key=services().settings.key)


def _either(choices: Iterable[str]) -> str:
    *some, last = choices
    return f"{', '.join(some)} or {last}"


def _openly(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name in _OPENLY if (value := given.get(name, "").strip()[:_MAX_LENGTH])}


def _digits(typed: str) -> str:
    """Read the digits of a number however it is written: with blanks, in brackets, in full width.

    Empty where there are letters: that is a name, an id or a link, and its digits are no number.
    """
    return _plain(typed).removeprefix("00")  # dialled before the country in much of the world


def _plain(typed: str) -> str:
    plain = unicodedata.normalize("NFKC", typed)
    if any(letter.isalpha() for letter in plain):
        return ""
    return "".join(letter for letter in _TRUNK_ZERO.sub("", plain) if letter.isascii() and letter.isdigit())
