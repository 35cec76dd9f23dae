"""How many processes the redirect door starts by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shortlink.config.cores import usable_cores

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """A control group named `box`, without a limit yet, and a note that this process is in it."""
    (tmp_path / "box").mkdir()
    (tmp_path / "own").write_text("0::/box\n")
    return tmp_path


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("100000 100000", 1), ("50000 100000", 1), ("6400000 100000", HERE), ("max 100000", HERE), ("", HERE)],
)
def test_a_container_counts_no_more_cores_than_its_limit_gives_it_time_for(
    groups: Path, limit: str, cores: int
) -> None:
    (groups / "box" / "cpu.max").write_text(f"{limit}\n")
    assert usable_cores(groups / "own", groups) == cores


def test_half_a_core_more_is_one_more(groups: Path) -> None:
    (groups / "box" / "cpu.max").write_text("110000 100000\n")
    assert usable_cores(groups / "own", groups) == min(2, HERE or 1)


def test_without_control_groups_the_cores_are_counted(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none", tmp_path) == HERE


def test_here_there_is_at_least_one() -> None:
    assert 1 <= usable_cores() <= (HERE or 1)
