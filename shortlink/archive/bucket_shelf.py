"""Files of past days in a bucket of S3-compatible storage; the only module that knows its client.

The client is an extra and is loaded at first use: most processes never touch a file of a past day. It finds credentials
and region by itself, in `AWS_ACCESS_KEY_ID` and its kin, or where the machine's role is told.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shortlink.archive.shelf import reaching
from shortlink.domain.errors import ArchiveUnavailable, SettingsError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

log = logging.getLogger(__name__)
CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 30  # an upload's part of 5 MB goes out within it
WHOLE_SECONDS: Final = 600
TRIES_AGAIN: Final = 1  # the keeper comes back by itself, and a reader does not want to wait
_PIECE_BYTES: Final = 1 << 20
_NO_BUCKET: Final = "NoSuchBucket"


def check_bucket_client() -> None:
    """Raise SettingsError when the extra is missing."""
    if find_spec("obstore") is None:
        raise SettingsError(
            "SHORTLINK_ARCHIVE_S3_URL is set, but its library is missing;"
            " `pip install '.[s3]'` in the project's folder brings it"
        )


class BucketShelf:
    """Files in a bucket, under the path of its address (`s3://bucket/path`).

    What is written is read back and compared before it counts as kept. What is read is fetched as a whole first, into a
    file without a name in `room`: a reader that is slow, or a bucket that goes away, cannot cut a log file short.
    """

    def __init__(self, address: str, *, endpoint: str | None, room: Path) -> None:
        self._address = urlsplit(address)
        self._endpoint = endpoint
        self._room = room

    def names(self, under: str = "") -> Iterator[str]:
        with _translated():
            for page in self._store.list(under or None):
                yield from (str(found["path"]) for found in page)

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes] | None]:
        with self._temporary() as file:
            yield file if self._fetch(name, file) else None

    @contextmanager
    def filling(self, name: str) -> Iterator[IO[bytes]]:
        with self._temporary() as file:
            yield file
            file.seek(0)
            with _translated():
                self._store.put(name, file, attributes={"Content-Type": "application/gzip"}, max_concurrency=1)
            self._compare(name, file)

    def remove(self, name: str) -> None:
        with _translated():
            try:
                self._store.delete(name)
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise

    def strays(self) -> list[str]:
        return []

    def carry(self, name: str) -> None:
        """Do nothing: a bucket knows of no other place."""

    @cached_property
    def _store(self) -> S3Store:
        from obstore.store import S3Store  # noqa: PLC0415  # an extra

        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=ANSWER_SECONDS),
            "timeout": timedelta(seconds=WHOLE_SECONDS),
        }
        place: S3Config = {"disable_bulk_delete": True}  # which not every storage of this kind knows
        if self._endpoint is not None:
            client["allow_http"] = self._endpoint.startswith("http:")
            place["endpoint"] = place["aws_endpoint_url_s3"] = self._endpoint  # the second is a variable that would win
        return S3Store(
            self._address.netloc,
            prefix=self._address.path.strip("/") or None,
            config=place,
            client_options=client,
            retry_config={"max_retries": TRIES_AGAIN, "retry_timeout": timedelta(seconds=ANSWER_SECONDS)},
        )

    @contextmanager
    def _temporary(self) -> Iterator[IO[bytes]]:
        with reaching():
            self._room.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = TemporaryFile(dir=self._room)  # noqa: SIM115, the next line is one
        with opened as file:
            yield file

    def _fetch(self, name: str, into: IO[bytes]) -> bool:
        with _translated():
            try:
                found = self._store.get(name)
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):  # which must not pass for one without files
                    raise
                return False
            for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                into.write(piece)
        into.seek(0)
        return True

    def _compare(self, name: str, written: IO[bytes]) -> None:
        written.seek(0)
        with self.opened(name) as kept:
            if kept is None or _digest(kept) != _digest(written):
                raise ArchiveUnavailable("the bucket of old log days does not give back what was stored in it")


def _digest(file: IO[bytes]) -> bytes:
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]


@contextmanager
def _translated() -> Iterator[None]:
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError  # noqa: PLC0415  # an extra

    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise ArchiveUnavailable("the bucket of old log days refuses our credentials") from error
    except (BaseError, ValueError, OSError) as error:
        if _NO_BUCKET in str(error):
            raise ArchiveUnavailable("there is no bucket as SHORTLINK_ARCHIVE_S3_URL names it") from error
        log.warning("the bucket of old log days cannot be used: reason=%s", str(error).split("\n", 1)[0][:300])
        raise ArchiveUnavailable("the bucket of old log days cannot be used now") from error
