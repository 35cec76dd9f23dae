"""The deny list: read at the start, read again when it changes, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlink.config import Settings
from shortlink.domain.errors import SettingsError
from shortlink.storage.deny_list import LOOK_SECONDS, DenyList
from tests.clock import Clock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "deny.txt"
    path.write_text("evil.test\n")
    return path


def test_a_change_counts_within_a_second_and_costs_no_look_before(file: Path, clock: Clock) -> None:
    listed = DenyList(file, clock=clock)
    file.write_text("evil.test\nworse.test\n")
    clock.now += LOOK_SECONDS - 0.01
    assert listed.hosts() == {"evil.test"}
    clock.now += 0.01
    assert listed.hosts() == {"evil.test", "worse.test"}


def test_a_file_put_in_its_place_counts_too(file: Path, clock: Clock, tmp_path: Path) -> None:
    listed = DenyList(file, clock=clock)
    (tmp_path / "new").write_text("other.test")
    (tmp_path / "new").replace(file)
    clock.now += LOOK_SECONDS
    assert listed.hosts() == {"other.test"}


def test_a_file_that_is_broken_later_changes_nothing_until_it_is_mended(
    file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    listed = DenyList(file, clock=clock)
    for step, content in enumerate((None, "not a host\n", "mended.test\n"), start=1):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        clock.now += LOOK_SECONDS
        assert listed.hosts() == ({"mended.test"} if step == 3 else {"evil.test"})
    assert "cannot be read" in caplog.text
    assert "line 1 is no host" in caplog.text


def test_a_file_that_is_not_there_at_the_start_is_a_setting_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        DenyList(tmp_path / "nothing")


@pytest.mark.parametrize("content", [None, b"https://evil.test/\n", b"\xff\xfe\n"])
def test_the_setting_is_checked_before_anything_starts(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "deny.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="SHORTLINK_TARGET_DENY_FILE"):
        Settings.from_env({"SHORTLINK_TARGET_DENY_FILE": str(path)})
