"""Opting out: the words by which people say so, and who has."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

OPTED_OUT = "This number has opted out of messages from you."
OPTED_OUT_CODE = "opted-out"  # the error of a message that was accepted before its recipient opted out
_DIGEST_LENGTH = 24  # hex digits: 96 bits, more than enough to tell all numbers apart
# Mobiles of Argentina and, in former times, of Mexico have a digit before the area code that can be left out.
_MARKS = {"+54": "9", "+52": "1"}
_MARK_OF_MOBILES = re.compile(r"(?<=^\+54)9(?=[0-9]{10}$)|(?<=^\+52)1(?=[0-9]{10}$)")
_UNMARKED_LENGTH = len("+54") + 10


class Wish(StrEnum):
    """What a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


# The words that Twilio and the US networks know, and Japan's. A text has to be the word alone.
_WORDS = {
    Wish.STOP: (
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("停止", "配信停止", "配信停止希望", "ストップ", "解除"),
    ),
    Wish.START: ("start", "yes", "unstop", "subscribe", "再開", "配信再開"),
    Wish.HELP: ("help", "info", "ヘルプ"),
}
_WISHES = {word: wish for wish, words in _WORDS.items() for word in words}


class OptOutReason(StrEnum):
    """Who said that a number wants no more messages, or wants them again."""

    WORD = "word"  # the person, by a keyword
    CARRIER = "carrier"  # the carrier, when it refused a message
    OPERATOR = "operator"  # by the command line


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """One number that gets no messages from one account. The number itself is not kept, only its digest."""

    digest: str
    at: int  # UTC milliseconds
    reason: OptOutReason


def read_wish(text: str) -> Wish | None:
    """Say what a text asks for if it is a keyword and nothing else; case, width, marks and spaces do not matter."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(mark if mark.isalnum() else " " for mark in folded)
    return _WISHES.get(" ".join(plain.split()))


def number_digest(number: str, key: bytes) -> str:
    """Stand in for a number (E.164) where the number itself may not be kept; only who holds the key can make it.

    A phone whose number is written in two ways has one digest: who is written to in one may answer in the other.
    """
    plain = _MARK_OF_MOBILES.sub("", number)
    return hmac.new(key, b"number:" + plain.encode(), hashlib.sha256).hexdigest()[:_DIGEST_LENGTH]


def spellings(number: str) -> tuple[str, ...]:
    """List the ways in which a phone's number (E.164) is written: one, or two where it has one digest in both."""
    plain = _MARK_OF_MOBILES.sub("", number)
    country, rest = plain[:3], plain[3:]
    is_either = country in _MARKS and len(plain) == _UNMARKED_LENGTH
    return (plain, f"{country}{_MARKS[country]}{rest}") if is_either else (number,)
