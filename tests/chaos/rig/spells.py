"""What people saw in each spell of a storm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.chaos.rig.journal import Journal
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.storm import Spell
from tests.chaos.rig.tapper import Tap

MOST_NOT_LED_ON = 0.01  # of 100 people
ANSWERS = (302, 503)


@dataclass(slots=True, kw_only=True)
class Person:
    """One who taps, and again until led on: what the first tap was answered, and when it was made."""

    first: int
    at: float
    led_on: bool = False


def tell_spells(outcome: Outcome, spells: Sequence[Spell], journal: Journal, taps: Sequence[Tap]) -> None:
    """Whoever taps in a storm is led on in the end; say how many were not at once, and how long answers took."""
    people = _people(journal)
    in_resets = [one for spell in spells if spell.trouble.reset for one in people if spell.covers(one.at)]
    never = 100 * sum(not one.led_on for one in in_resets) / max(1, len(in_resets))
    outcome.at_most("of 100 people who tapped while lines were reset, never led on", never, MOST_NOT_LED_ON)
    odd = {f"{one.how} {one.status}" for one in taps if one.status not in ANSWERS}
    outcome.none_of("answers to taps that are neither the target nor 503", odd)
    for spell in spells:
        waits = [one.seconds * 1000 for one in taps if spell.covers(one.at)]
        outcome.note(
            spell.name,
            f"{_firsts(one for one in people if spell.covers(one.at))}; "
            f"ms to an answer, half and 99 of 100: {percentile(waits, 0.5):.0f}, {percentile(waits, 0.99):.0f}",
        )


def _people(journal: Journal) -> list[Person]:
    people: dict[int, Person] = {}
    for entry in journal.entries():
        if entry["what"] == "invoke":
            continue
        person = people.setdefault(entry["number"], Person(first=entry["status"], at=entry["at"]))
        person.led_on |= entry["what"] == "ok"
    return list(people.values())


def _firsts(people: Iterable[Person]) -> str:
    everybody = list(people)
    later = sum(one.first != 302 for one in everybody)
    return f"{len(everybody):,} first taps, {later:,} of them answered 503"
