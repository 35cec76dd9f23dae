"""Find which of many patterns may be in a text, without looking for each.

Whatever a pattern matches holds one of its grams: four characters in a row. A text's grams are a set, so that one
look into it rules out nearly all of a thousand patterns; what is left is for the caller to try.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, product

SIZE = 4  # characters of a gram: as many as make an integer of C, and as the shortest names of programs have
_ESCAPED = re.compile(r"\\.")
# What this module does not read: flags and looks around, groups in groups, counts, signs of an expression in a class.
_UNREAD = re.compile(r"\(\?|\([^)]*\(|\{|\[[^\]]*[()|]")
_GROUP = re.compile(r"(?<!\\)\((?:\\.|[^)\\])*\)[*+?]?")
_OR = re.compile(r"(?<!\\)\|")
# A character that must be there, or one of a few; and anything else, which ends a run of them.
_ATOM = re.compile(
    r"(?:\\([^A-Za-z0-9])|\[(\w+)\]|([^\\\[\](){}*+?|^$.]))(?![*+?{])|\\.|\[(?:\\.|[^\]])*\]|.", re.DOTALL
)


class GramIndex:
    """Finds the patterns that may be in a text.

    A pattern is known by those of its grams that are seldom: in few of the others, and not in `everyday`, a text of
    what is to be ruled out quickest. The rest of its grams have to be there, too: whoever writes a text of all that
    patterns are known by, has the caller try few of them. A pattern of which no gram is sure always may be in a text.
    """

    def __init__(self, patterns: Sequence[str], everyday: str) -> None:
        choices = [list(_choices(pattern)) for pattern in patterns]
        uses = Counter(gram for places in chain(*choices) for spellings in places for gram in spellings)
        uses.update({everyday[at : at + SIZE]: len(patterns) for at in range(len(everyday))})
        self._always: list[int] = []
        self._by_gram: dict[int, list[tuple[int, frozenset[int]]]] = {}
        for number, alternatives in enumerate(choices):
            self._keep(number, [_seldom(places, uses) for places in alternatives], _sure(alternatives))
        self._known = frozenset(self._by_gram)

    def _keep(self, number: int, known_by: list[tuple[str, ...]], sure: frozenset[int]) -> None:
        if not all(known_by):
            self._always.append(number)
            return
        for gram in set(chain(*known_by)):
            self._by_gram.setdefault(_as_integers(gram)[0], []).append((number, sure))

    def candidates(self, text: str) -> list[int]:
        """Number the patterns that may be in a text, in their order."""
        in_text = _as_integers(_all_turns(text))
        found = self._always.copy()
        known = self._known.intersection(in_text)
        grams = frozenset(in_text) if known else known  # nearly always none: making a set of all costs as much again
        for gram in known:
            for number, sure in self._by_gram[gram]:
                if sure <= grams:
                    found.append(number)  # no list made for each gram: hundreds cost more than they hold
        return sorted(set(found))


def _seldom(places: list[tuple[str, ...]], uses: Counter[str]) -> tuple[str, ...]:
    return min(places, key=lambda spellings: sum(map(uses.__getitem__, spellings)), default=())


def _sure(alternatives: list[list[tuple[str, ...]]]) -> frozenset[int]:
    """Collect the grams that are in whatever a pattern matches."""
    if len(alternatives) > 1:
        return frozenset()
    return frozenset(_as_integers("".join(spellings[0] for spellings in alternatives[0] if len(spellings) == 1)))


def _as_integers(text: str) -> list[int]:
    """Read a text as integers of four characters each, which costs a fifth of cutting it."""
    return memoryview(text.encode("ascii", "replace")).cast("I").tolist()


def _all_turns(text: str) -> str:
    """Repeat a text so that each of its grams begins, in one of the repeats, where an integer does."""
    odd = text.ljust(len(text) + (1 - len(text)) % SIZE, "\0")  # one more than whole integers: each repeat is one off
    return odd * SIZE


def _choices(pattern: str) -> Iterator[list[tuple[str, ...]]]:
    """List, for each alternative of an expression, the places of which each is in whatever it matches.

    A place is the spellings of a gram. Groups are left out, as what is in them may have alternatives or be missing.
    """
    if _UNREAD.search(_ESCAPED.sub("", pattern)) or r"\\" in pattern:
        yield []
        return
    for alternative in _OR.split(_GROUP.sub("^", pattern)):
        runs: list[list[str]] = [[]]
        for escaped, one_of, plain in _ATOM.findall(alternative):
            if characters := escaped or one_of or plain:
                runs[-1].append(characters)
            else:
                runs.append([])
        yield [spellings for run in runs for spellings in _spellings(run)]


def _spellings(run: list[str]) -> Iterator[tuple[str, ...]]:
    for at in range(len(run) - SIZE + 1):
        gram = "".join(run[at : at + SIZE])
        if len(gram) == SIZE:
            yield (gram,)
        elif len(gram) <= 2 * SIZE:
            yield tuple(map("".join, product(*run[at : at + SIZE])))
