"""Where files of past days stand: in a folder, in a bucket, or on the way from one to the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlink.archive import bucket_shelf
from shortlink.archive.bucket_shelf import BucketShelf
from shortlink.archive.outgoing_shelf import OutgoingShelf
from shortlink.archive.shelf import DayShelf, FolderShelf
from shortlink.bootstrap.day_files import build_day_files
from shortlink.bootstrap.door_process import read_door_settings
from shortlink.config import Settings
from shortlink.domain.errors import ArchiveUnavailable, SettingsError
from tests.s3 import Bucket, know_credentials

NAME, OTHER = "SL1/2026-01-02/clicks.jsonl.gz", "SL1/2026-01-03/clicks.jsonl.gz"


@pytest.fixture
def there(bucket: Bucket, tmp_path: Path) -> BucketShelf:
    return BucketShelf(bucket.address, endpoint=bucket.endpoint, room=tmp_path)


@pytest.fixture
def here(bucket: Bucket, tmp_path: Path) -> FolderShelf:
    return FolderShelf(tmp_path / "logs", bucket=bucket.address)


@pytest.fixture
def outgoing(here: FolderShelf, there: BucketShelf) -> OutgoingShelf:
    return OutgoingShelf(here, there)


@pytest.fixture(params=["here", "there", "outgoing"])
def shelf(request: pytest.FixtureRequest) -> DayShelf:
    found: DayShelf = request.getfixturevalue(request.param)
    return found


def put(shelf: DayShelf, name: str, content: bytes) -> None:
    with shelf.filling(name) as file:
        file.write(content)


def read(shelf: DayShelf, name: str) -> bytes | None:
    with shelf.opened(name) as file:
        return None if file is None else file.read()


def test_a_file_is_kept_listed_replaced_and_removed(shelf: DayShelf) -> None:
    assert (read(shelf, NAME), list(shelf.names())) == (None, [])
    put(shelf, NAME, b"one")
    put(shelf, NAME, b"two")
    put(shelf, OTHER, b"")
    assert (read(shelf, NAME), read(shelf, OTHER)) == (b"two", b"")
    assert sorted(shelf.names()) == [NAME, OTHER]
    assert list(shelf.names("SL1/2026-01-02")) == [NAME]
    for _ in range(2):
        shelf.remove(NAME)
    assert list(shelf.names()) == [OTHER]


def test_a_write_that_breaks_off_leaves_what_was_there(shelf: DayShelf) -> None:
    put(shelf, NAME, b"one")
    with pytest.raises(TypeError), shelf.filling(NAME) as file:
        file.write(b"tw" + "o")  # type: ignore[operator]
    assert read(shelf, NAME) == b"one"


def test_what_the_bucket_does_not_give_back_as_it_was_stays_in_the_folder(
    outgoing: OutgoingShelf, here: FolderShelf, bucket: Bucket
) -> None:
    put(here, NAME, b"one")
    bucket.spoils = True
    with pytest.raises(ArchiveUnavailable, match="does not give back"):
        outgoing.carry(NAME)
    assert read(outgoing, NAME) == read(here, NAME) == b"one"


def test_files_of_the_folder_are_read_there_until_the_bucket_has_them(
    outgoing: OutgoingShelf, here: FolderShelf, there: BucketShelf, tmp_path: Path
) -> None:
    put(here, NAME, b"one")
    assert (read(outgoing, NAME), list(outgoing.names()), outgoing.strays()) == (b"one", [NAME], [NAME])
    outgoing.carry(NAME)
    outgoing.carry(NAME)
    assert (read(outgoing, NAME), read(there, NAME), list(here.names())) == (b"one", b"one", [])
    assert outgoing.strays() == []
    assert not (tmp_path / "logs" / "SL1").exists()


def test_a_kill_before_the_folder_lost_its_file_is_mended_by_the_next_turn(
    outgoing: OutgoingShelf, here: FolderShelf, there: BucketShelf
) -> None:
    put(there, NAME, b"with a number")
    put(here, NAME, b"without")
    assert (read(outgoing, NAME), list(outgoing.names())) == (b"without", [NAME])
    outgoing.carry(NAME)
    assert (read(there, NAME), outgoing.strays()) == (b"without", [])


def test_a_folder_that_cannot_be_walked_is_not_taken_for_an_empty_one(here: FolderShelf, tmp_path: Path) -> None:
    put(here, NAME, b"one")
    (tmp_path / "logs" / "SL2").write_text("")
    assert list(here.names("SL1/2026-01-01")) == []
    with pytest.raises(ArchiveUnavailable, match="cannot be used now") as caught:
        list(here.names("SL2"))
    assert str(tmp_path) not in str(caught.value), "customers read it"


@pytest.mark.parametrize("trouble", ["away", "refused", "no bucket"])
def test_a_bucket_out_of_reach_is_said_and_not_taken_for_an_empty_one(
    trouble: str, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.away = trouble == "away"
    if trouble == "refused":
        know_credentials(monkeypatch, "AKIDOTHER")
    address = "s3://nowhere" if trouble == "no bucket" else bucket.address
    shelf = BucketShelf(address, endpoint=bucket.endpoint, room=tmp_path)
    for attempt in (lambda: put(shelf, NAME, b"x"), lambda: read(shelf, NAME), lambda: list(shelf.names())):
        with pytest.raises(ArchiveUnavailable, match="bucket") as caught:
            attempt()
        assert "127.0.0.1" not in str(caught.value), "customers read it"


def test_who_does_not_know_of_the_bucket_is_refused(outgoing: OutgoingShelf, tmp_path: Path) -> None:
    put(outgoing, NAME, b"one")
    for bucket in (None, "s3://another"):
        ignorant = FolderShelf(tmp_path / "logs", bucket=bucket)
        for attempt in (lambda s=ignorant: list(s.names()), lambda s=ignorant: read(s, NAME)):
            with pytest.raises(ArchiveUnavailable, match="SHORTLINK_ARCHIVE_S3_URL"):
                attempt()


def test_a_missing_extra_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_shelf, "find_spec", lambda _: None)
    monkeypatch.setenv("SHORTLINK_ARCHIVE_S3_URL", "s3://old-days")
    monkeypatch.setenv("SHORTLINK_SECRET_KEY", "k" * 32)
    build_day_files(Settings(), tmp_path)
    for attempt in (read_door_settings, lambda: build_day_files(Settings.from_env(), tmp_path)):
        with pytest.raises(SettingsError, match=r"pip install '\.\[s3\]'"):
            attempt()
