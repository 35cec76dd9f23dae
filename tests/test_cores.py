"""How many processes the redirect door starts by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shortlink.config import Settings
from shortlink.config.cores import usable_cores
from shortlink.config.settings import MOST_BY_ITSELF

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """A control group in another, neither with a limit yet, and a note that this process is in the inner one."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "own").write_text("2:cpu:/of-version-1\n0::/outer/inner\n")
    return tmp_path


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("150000 100000", min(2, HERE)),
        (f"{(HERE + 1) * 100_000} 100000", HERE),
        ("max 100000", HERE),
        ("", HERE),
    ],
)
@pytest.mark.parametrize("group", ["outer", "outer/inner"])
def test_a_container_counts_no_more_cores_than_its_limits_give_it_time_for(
    groups: Path, group: str, limit: str, cores: int
) -> None:
    (groups / group / "cpu.max").write_text(f"{limit}\n")
    assert usable_cores(groups / "own", groups) == cores


def test_of_two_limits_the_lower_one_counts(groups: Path) -> None:
    (groups / "outer" / "cpu.max").write_text("100000 100000\n")
    (groups / "outer" / "inner" / "cpu.max").write_text(f"{(HERE + 1) * 100_000} 100000\n")
    assert usable_cores(groups / "own", groups) == 1


def test_without_control_groups_the_cores_are_counted(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none", tmp_path) == HERE


@pytest.mark.parametrize(("asked", "processes"), [(0, min(usable_cores(), MOST_BY_ITSELF)), (3, 3), (64, 64)])
def test_the_redirect_door_has_a_process_a_core_unless_it_is_told_otherwise(asked: int, processes: int) -> None:
    assert Settings(redirect_workers=asked).redirect_processes == processes
