"""The agents of those who tap: a few that many have, and a long tail of which each is one phone's alone.

Phones differ in model, build and app, so a door sees agents that it never saw before all the time.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

TAPS = 40_009  # after so many the mix begins anew; a prime, so that each time the links meet other agents
COMMON = 40  # agents that many phones have
COMMON_SHARE = 0.7  # of the taps; the rest are more than two processes of the door remember

_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS {{major}}_{{minor}} like Mac OS X) {_SAFARI} "
_ANDROID = f"Mozilla/5.0 (Linux; Android {{android}}; {{model}} Build/UP1A.{{build}}.0{{minor}}; wv) {_CHROMIUM} "
_CHROME = "Version/4.0 Chrome/{chrome}.0.{build}.7{minor} Mobile Safari/537.36"
_FORMS = (
    _IPHONE + "Version/{major}.{minor} Mobile/15E{build} Safari/604.1",
    _IPHONE + "Mobile/15E{build} Safari Line/14.{minor}.{minor}",
    _IPHONE + "Mobile/15E{build} Instagram 3{minor}.0.4.32.98 (iPhone15,2; iOS {major}_{minor}; ja_JP; ja)",
    _IPHONE + "Mobile/15E{build} [FBAN/FBIOS;FBAV/466.{minor}.0.43.107;FBBV/{build};FBDV/iPhone15,3;FBSN/iOS]",
    _ANDROID + _CHROME,
    _ANDROID + _CHROME + " Line/14.{minor}.0",
    _ANDROID + _CHROME + " [FB_IAB/FB4A;FBAV/466.0.0.{minor}.85;IABMV/1;]",
    _ANDROID + "SamsungBrowser/2{minor}.0 Chrome/{chrome}.0.{build}.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROMIUM} Chrome/{{chrome}}.0.{{build}}.{{minor}} Safari/537.36",
)
_MODELS = ("SM-S918B", "SM-A536B", "Pixel 8", "SO-51D", "SH-53D", "CPH2557", "M2102J20SG", "HD1903", "XQ-DC44")


@cache
def mixed_agents() -> list[str]:
    """Draw the agents of many taps in turn, the same ones in every run."""
    draw = random.Random(1)
    common = [_agent(draw, 100_000) for _ in range(COMMON)]
    return [
        draw.choice(common) if draw.random() < COMMON_SHARE else _agent(draw, 100_001 + number)
        for number in range(TAPS)
    ]


def write_agents(folder: Path) -> Path:
    """Write the agents of many taps into a file, one a line; returns the file."""
    file = folder / "agents"
    file.write_text("\n".join(mixed_agents()))
    return file


def _agent(draw: random.Random, build: int) -> str:
    return draw.choice(_FORMS).format(
        major=draw.randrange(15, 19),
        minor=draw.randrange(8),
        android=draw.randrange(10, 17),
        model=draw.choice(_MODELS),
        chrome=draw.randrange(110, 147),
        build=build,
    )
