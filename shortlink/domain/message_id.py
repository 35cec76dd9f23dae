"""Message ids: how they are drawn and taken apart. One holds its link's code, and leads with its partition."""

from __future__ import annotations

import re
import secrets
from zlib import crc32

from shortlink.domain import base62
from shortlink.domain.code import CODE_LENGTHS, partition_of

MESSAGE_ID_LENGTH = 32
MESSAGE_ID_FORM = "[a-p][89abc][0-9A-Za-z]{30}"  # a regular expression; JSON Schema reads it, too
_LETTER_OF_BYTE = bytes(ord(base62.DIGITS[byte % 62]) for byte in range(256))
_UNEVEN_BYTES = bytes(range(248, 256))  # 248 is 4 × 62: with these left out every letter is equally likely
_DERIVED = 5  # characters at the end of a message id that follow from the others
_LENGTH_DIGITS = {length: format(length, "x") for length in CODE_LENGTHS}  # 8 9 a b c
_MESSAGE_ID = re.compile(MESSAGE_ID_FORM)


def new_message_id(code: str) -> str:
    """Draw the public id of the message that goes with a code: at least 77 random bits beside the code, usually 95.

    Its last characters follow from the others, so that they need not be stored.
    """
    length = MESSAGE_ID_LENGTH - 2 - len(code) - _DERIVED
    drawn = ""
    while len(drawn) < length:  # 64 bytes nearly always hold enough: a byte is used with a chance of 97 %
        drawn = secrets.token_bytes(64).translate(_LETTER_OF_BYTE, _UNEVEN_BYTES).decode()
    return message_id(code, whole_tail(code, drawn[:length]))


def whole_tail(code: str, kept: str) -> str:
    """Make the tail of a message id out of what `kept_tail` left; a whole tail stays as it is."""
    if len(kept) != MESSAGE_ID_LENGTH - 2 - len(code) - _DERIVED:
        return kept
    number, derived = crc32(f"{code}{kept}".encode()), ""
    for _ in range(_DERIVED):
        number, letter = divmod(number, len(base62.DIGITS))
        derived += base62.DIGITS[letter]
    return kept + derived


def kept_tail(code: str, tail: str) -> str:
    """Leave out of a message id's tail what follows from the rest, if it does."""
    return tail[:-_DERIVED] if whole_tail(code, tail[:-_DERIVED]) == tail else tail


def message_id(code: str, tail: str) -> str:
    """Put a message id together: partition letter, length of the code as a hex digit, code, tail.

    The id of a given code is always found in the code's own partition. Raises ValueError when the parts do not
    make 32 characters.
    """
    if len(code) not in CODE_LENGTHS or len(code) + len(tail) != MESSAGE_ID_LENGTH - 2:
        raise ValueError(f"code and tail must make {MESSAGE_ID_LENGTH - 2} characters")
    return f"{partition_of(code)}{_LENGTH_DIGITS[len(code)]}{code}{tail}"


def split_message_id(text: str) -> tuple[str, str] | None:
    """Take a message id apart into code and tail; None when it cannot be one of ours."""
    if _MESSAGE_ID.fullmatch(text) is None:
        return None
    end = 2 + int(text[1], 16)
    code = text[2:end]
    return (code, text[end:]) if text[0] == partition_of(code) else None
