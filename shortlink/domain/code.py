"""Short codes: how they are drawn and checked, and the partitions they lie in.

A code is a hashid of a random number, so nobody can count up from one to the next, English swear words stay
out and what is far from a code is refused before the store is asked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from itertools import count
from typing import Any
from zlib import crc32

from hashids import Hashids

ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0 O 1 l I, which look alike
CODE_LENGTHS = range(8, 13)
PARTITIONS: tuple[str, ...] = tuple("abcdefghijklmnop")
_hashids: Callable[..., Any] = Hashids  # it has no type hints
_LETTERS = re.compile("[0-9A-Za-z]+")


class CodeMint:
    """Draw short codes of one length, and recognise codes of every length this service ever drew.

    The salt shuffles the letters; codes drawn with another salt are not accepted. It is no secret: what makes
    a code hard to guess is the random number in it (42.5 bits at 9 characters, 5.3 more for each further one).
    """

    def __init__(self, salt: str, length: int) -> None:
        if length not in CODE_LENGTHS:
            raise ValueError(f"a code has {CODE_LENGTHS[0]} to {CODE_LENGTHS[-1]} characters, not {length}")
        self._hashids = _hashids(salt=salt, alphabet=ALPHABET)
        # One character is hashids' own and the others are digits, in a base that depends on its separators:
        # the first number with a third character tells that base.
        base = next(number for number in count(1) if len(self._hashids.encode(number)) > 2)
        self._base = base
        self._own_characters = {self._hashids.encode(number)[0]: number for number in range(base)}
        self._digits: dict[str, dict[str, int]] = {}
        self._letters: dict[int, tuple[str, str]] = {}
        self._least = base ** (length - 2)
        self.capacity = base ** (length - 1) - self._least

    def draw(self) -> str:
        """Draw a code; whether it is still free is for the store to say."""
        # Only numbers that have this length by themselves: hashids would pad smaller ones in a way that depends
        # on the length setting, and links must outlive a change of it.
        return self._encode(self._least + secrets.randbelow(self.capacity))

    def _encode(self, number: int) -> str:
        """Write a number as hashids does, in a third of the time."""
        own, letters = self._letters.get(number % 100 % self._base) or self._learn_letters(number)
        written = ""
        while number:
            number, digit = divmod(number, self._base)
            written = letters[digit] + written
        return own + written

    def _learn_letters(self, number: int) -> tuple[str, str]:
        """Find hashids' own character for a number, and the letters of the digits behind it."""
        own: str = self._hashids.encode(number)[0]
        digits = self._digits.get(own) or self._learn_digits(own)
        learnt = own, "".join(sorted(digits, key=lambda letter: digits[letter]))
        self._letters[number % 100 % self._base] = learnt
        return learnt

    def draw_in(self, partition: str) -> str:
        """Draw a code that lies in the given partition; takes 16 draws on average."""
        if partition not in PARTITIONS:
            raise ValueError(f"there is no partition {partition!r}")
        return next(code for code in iter(self.draw, None) if partition_of(code) == partition)

    def accepts(self, text: str) -> bool:
        """Whether this may be one of our codes, of any length the setting allows; costs no look-up.

        About one in a thousand random texts of 9 letters passes, and half of the codes with one wrong letter. Says what
        hashids would say that decodes a text and encodes it again, in a fifteenth of the time.
        """
        if len(text) not in CODE_LENGTHS:
            return False
        digits = self._digits.get(text[0]) or self._learn_digits(text[0])
        number, base = 0, self._base
        try:
            for letter in text[1:]:
                number = number * base + digits[letter]
        except KeyError:
            return False
        return digits[text[1]] != 0 and number % 100 % base == self._own_characters[text[0]]

    def _learn_digits(self, own: str) -> dict[str, int]:
        """Find which letter stands for which digit behind one of hashids' own characters; none when it is not one."""
        if own not in self._own_characters:
            return {}
        digits: dict[str, int] = {}
        for digit in range(self._base):
            number = (self._base + digit) * self._base**2  # its second digit is the one that is asked for
            number += (self._own_characters[own] - number) % 100  # the character tells the number modulo 100
            digits[self._hashids.encode(number)[2]] = digit
        self._digits[own] = digits
        return digits


def tapped_code(text: str) -> str:
    """Take the code out of what was opened: phones may take what a text goes on with behind a link for a part of it.

    That is so in languages that put no spaces there, and with full stops and brackets. Letters and digits of ASCII are
    never cut off: who leaves one out or adds one shall be told.
    """
    if text.isalnum() and text.isascii():  # nearly always
        return text
    found = _LETTERS.match(text)
    return found[0] if found else ""


def partition_of(code: str) -> str:
    """Name the partition a code lies in: a hash of it, as a code's own letters are unevenly drawn."""
    return PARTITIONS[crc32(code.encode()) % len(PARTITIONS)]
