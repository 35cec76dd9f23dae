"""Files of past days on their way: new ones go to a bucket, older ones leave the folder for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from shortlink.archive.bucket_shelf import BucketShelf
from shortlink.archive.shelf import FolderShelf, reaching


class OutgoingShelf:
    """A bucket, and the folder from which files still go there.

    New files go to the bucket. Of two files under one name the folder's counts: it is removed as soon as the bucket has
    what replaces it, so after a kill in between it is at worst replaced once more.
    """

    def __init__(self, folder: FolderShelf, bucket: BucketShelf) -> None:
        self._folder = folder
        self._bucket = bucket

    def names(self, under: str = "") -> Iterator[str]:
        still_here = set(self._folder.names(under))
        yield from still_here
        yield from (name for name in self._bucket.names(under) if name not in still_here)

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes] | None]:
        with self._folder.opened(name) as here:
            if here is not None:
                yield here
                return
        with self._bucket.opened(name) as there:
            yield there

    @contextmanager
    def filling(self, name: str) -> Iterator[IO[bytes]]:
        self._folder.note_bucket()
        with self._bucket.filling(name) as file:
            yield file
        self._folder.remove(name)

    def remove(self, name: str) -> None:
        self._bucket.remove(name)
        self._folder.remove(name)

    def strays(self) -> list[str]:
        return list(self._folder.names())

    def carry(self, name: str) -> None:
        with self._folder.opened(name) as here:
            if here is not None:
                with reaching(), self.filling(name) as there:
                    shutil.copyfileobj(here, there)
