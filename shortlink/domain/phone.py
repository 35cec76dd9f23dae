"""Phone numbers and senders: what is accepted, and how a number is shown in a log."""

from __future__ import annotations

import re

import phonenumbers

_SENDER = re.compile(r"[A-Za-z0-9]{1,10}|\+?[0-9]{1,15}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER = re.compile(r"(\+[0-9]{2})?([0-9]{4,11})([0-9]{4})")


def parse_recipient(text: str) -> str:
    """Check a recipient and return its number in E.164, `+818012345678`.

    Only a number written exactly so is taken: a trunk 0 after the country code, spaces, letters or full-width
    digits would be parsed into some number, but not surely into the one that was meant. Raises ValueError,
    whose text does not repeat the number.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number with country code") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("not a number that any country gives out")
    if phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) != text:
        raise ValueError("not written in E.164")
    return text


def country_of(number: str) -> str | None:
    """Name the country that gives out a number in E.164, by its two letters; None for numbers of no one country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))


def is_e164(text: str) -> bool:
    """Whether this is written as a number in E.164, whether or not any country gives it out."""
    return _E164.fullmatch(text) is not None


def valid_sender(text: str) -> bool:
    """Whether this may be a sender: at most 10 ASCII letters and digits, or at most 15 digits with or without +."""
    return _SENDER.fullmatch(text) is not None


def mask_number(text: str) -> str:
    """Write a number so that it may be logged: `+81******1234`.

    Anything that does not look like a whole number is masked completely, and to one fixed length.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return "****"
    return f"{match[1] or ''}{'*' * len(match[2])}{match[3]}"
