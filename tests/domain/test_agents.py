from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from shortlink.domain.agents import recognise
from tests.domain.plain_agents import recognise_plainly

HERE = Path(__file__).parent
PHONES = (HERE / "phone_agents.txt").read_text(encoding="utf-8").splitlines()
PROGRAMS = [line.split("\t")[2] for line in (HERE / "program_agents.tsv").read_text(encoding="utf-8").splitlines()[1:]]
LISTED = [str(agent) for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]
KNOWN = [*PHONES, *PROGRAMS, *LISTED]
# What agents are made of, and what looks like some of it only to one who does not mind case or alphabet.
PIECES: list[str] = [
    *sorted({piece for agent in KNOWN for piece in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", agent)}),
    *("\u212a", "\u017f", "\u0130", "é", "☃", "\udc80", "\n", "?", "+https://", "+http\u017f://", "CFNetwork/"),
    *("preview", "Previewer", "link-", "bot", "BOT ", "cubot", "scrap", " scrap", "kakaotalk", "Crawler"),
    *("smart monitor", "Mozilla/5.0 (", "Mozilla/5.0 (Linux; Android 10; ", ") AppleWebKit/"),
]
REPEATED = ("/", "x", "bo", "bota", "cubot ", "previewx", "linescrapa", "Current", "+http:", "☃ ")
GENERATED = 1500  # of each sort


def cut(draw: random.Random) -> str:
    agent = draw.choice(KNOWN)
    start = draw.randrange(len(agent) + 1)
    return agent[:start] + agent[start + draw.randrange(12) :]


def grown(draw: random.Random) -> str:
    agent = draw.choice(KNOWN)
    start = draw.randrange(len(agent) + 1)
    return agent[:start] + draw.choice(PIECES) + agent[start:]


def joined(draw: random.Random) -> str:
    first, second = draw.choice(KNOWN), draw.choice(KNOWN)
    return first[: draw.randrange(len(first) + 1)] + second[draw.randrange(len(second) + 1) :]


def pieced_together(draw: random.Random) -> str:
    return "".join(draw.choices(PIECES, k=draw.randrange(1, 40)))


def in_other_letters(draw: random.Random) -> str:
    change: Callable[[str], str] = draw.choice([str.upper, str.lower, str.swapcase])
    return change(draw.choice(KNOWN))


def of_words_that_tell(draw: random.Random) -> str:
    words = ["preview", "previewer", "Preview", "link", "safari", "acme", "bo", "t", " ", "-", "_", "/", "Mozilla/5.0 "]
    return "".join(draw.choices([*words, "é", "\u212a", "(Android", ")"], k=draw.randrange(1, 9)))


def test_every_known_agent_is_what_the_plain_rules_say() -> None:
    assert len(KNOWN) > 2000
    for agent in KNOWN:
        assert recognised(agent) == recognise_plainly(agent), agent


@pytest.mark.parametrize("make", [cut, grown, joined, pieced_together, in_other_letters, of_words_that_tell])
def test_agents_that_nobody_sent_yet_are_what_the_plain_rules_say(
    make: Callable[[random.Random], str],
) -> None:
    draw = random.Random(7)
    for _ in range(GENERATED):
        agent = make(draw)
        assert recognised(agent) == recognise_plainly(agent), agent


@pytest.mark.parametrize("piece", REPEATED)
def test_one_thing_said_over_and_over_is_what_the_plain_rules_say(piece: str) -> None:
    agent = (piece * 512)[:512]

    assert recognised(agent) == recognise_plainly(agent)


def recognised(agent: str) -> tuple[str, str]:
    kind, rule = recognise(agent)
    return kind.name, rule
