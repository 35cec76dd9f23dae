"""Phone numbers and senders: what is accepted, and how a number is shown, to people and in a log."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType

_SENDER = re.compile(r"[A-Za-z0-9]{1,10}|\+?[0-9]{1,15}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
_NO_COUNTRY = "001"  # of whole networks: satellites, worldwide services
_NUMBER = re.compile(r"(\+[0-9]{2})?([0-9]{4,11})([0-9]{4})")


def parse_recipient(text: str) -> str:
    """Check a recipient and return its number in E.164, `+818012345678`.

    Only a number written exactly so is taken: a trunk 0 after the country code, spaces, letters or full-width
    digits would be parsed into some number, but not surely into the one that was meant. Raises ValueError,
    whose text does not repeat the number.
    """
    if not is_e164(text):
        raise ValueError("not written in E.164")
    if _kind(text) == PhoneNumberType.UNKNOWN:
        raise ValueError("not a number that any country gives out")
    return text


def is_costly(number: str) -> bool:
    """Whether a number in E.164 may cost far more than others: who gave it may earn by it, or it is of no country."""
    return _kind(number) in _COSTLY or _NO_COUNTRY in COUNTRY_CODE_TO_REGION_CODE[_country_code(number)]


@lru_cache(maxsize=256)  # asked twice of each recipient, and the dearest of what is looked at there
def _kind(text: str) -> int:
    return phonenumbers.number_type(_take_apart(text))


def _country_code(text: str) -> int:
    """Read the country code in front of a number in E.164. Raises ValueError."""
    code = next((int(text[1:end]) for end in (2, 3, 4) if int(text[1:end]) in COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        raise ValueError("not a phone number with country code")
    return code


def _take_apart(text: str) -> phonenumbers.PhoneNumber:
    """Split E.164 into country code and the rest, which `phonenumbers.parse` does at five times the cost.

    A zero that begins the rest stays in it: it is right in Italy and wrong in Japan, and the check that follows knows.
    """
    code = _country_code(text)
    rest = text[1 + len(str(code)) :]
    zeros = min(len(rest) - len(rest.lstrip("0")), len(rest) - 1)  # of nothing but zeros, the last is the number
    return phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(rest or "0"),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def country_of(number: str) -> str | None:
    """Name the country that gives out a number in E.164, by its two letters; `001` for numbers of no one country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))


def is_e164(text: str) -> bool:
    """Whether this is written as a number in E.164, whether or not any country gives it out."""
    return _E164.fullmatch(text) is not None


def valid_sender(text: str) -> bool:
    """Whether this may be a sender: at most 10 ASCII letters and digits, or at most 15 digits with or without +."""
    return _SENDER.fullmatch(text) is not None


def space_number(text: str) -> str:
    """Write a phone number with the spaces of its country; a name stays as it is."""
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask_number(text: str) -> str:
    """Write a number so that it may be logged: `+81******1234`.

    Anything that does not look like a whole number is masked completely, and to one fixed length.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return "****"
    return f"{match[1] or ''}{'*' * len(match[2])}{match[3]}"
