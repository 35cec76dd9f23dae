"""Who reads the list of agents, which takes its time: the doors, before they serve, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}
IS_READ = "from shortlink.domain.listed_agents import read_list; print(read_list.cache_info().currsize)"


def _told(script: str) -> str:
    told = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        text=True,
        env=CLEAN | {"SHORTLINK_SECRET_KEY": "k" * 32},
    )
    return told.stdout.strip()


@pytest.mark.parametrize(
    "module", ["worker.__main__", "worker.dispatcher", "worker.recorder", "worker.webhooks", "shortlink.cli"]
)
def test_who_judges_no_agent_does_not_read_the_list(module: str) -> None:
    told = _told(
        f"import sys, {module}; import shortlink.bootstrap; print('crawleruseragents' in sys.modules); {IS_READ}"
    )
    assert told.split() == ["False", "0"]


def test_a_door_has_read_the_list_before_it_serves() -> None:
    begin = "from shortlink.bootstrap.door_process import begin_door; begin_door(process='redirect')"
    assert _told(f"{begin}; {IS_READ}") == "1"
