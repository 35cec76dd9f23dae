"""What the command line adds to the settings: the values a data directory keeps, and where its store is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from shortlink.cli.processes import sends_through_twilio
from shortlink.config import Settings
from shortlink.domain.errors import SettingsError, StoreUnavailable
from shortlink.domain.key_check import key_check
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import PATIENCE_SECONDS, DirectoryLock, Occupant
from shortlink.supervisor.embedded_store import EmbeddedStore

_KEY = "SHORTLINK_SECRET_KEY"
_STORE = "SHORTLINK_REDIS_URL"
_ARCHIVE = "SHORTLINK_ARCHIVE_DIR"
_SPOOL = "SHORTLINK_SPOOL_DIR"
_LOOK_SECONDS = 0.1


@contextmanager
def reachable_store(
    path: Path, environment: Mapping[str, str], command: str, *, new: bool = False
) -> Iterator[Settings]:
    """Give settings that lead to the installation's store, for a short command.

    The store is the one that SHORTLINK_REDIS_URL names, else that of the `up` which runs on the directory, else the
    directory's own, started for as long as the `with` lasts. Only with `new` a directory that is not there is made.
    Raises SettingsError and DirectoryInUse.
    """
    Settings.from_env(environment)
    directory = DataDirectory(path)
    if environment.get(_STORE):
        with _named_store(environment, directory) as settings:
            yield settings
        return
    if not (new or directory.path.exists()):
        raise SettingsError(f"there is no installation in {path}; `shortlink up --data {path}` makes one")
    os.umask(0o077)  # what is made here may hold secrets: for its owner alone
    directory.create()
    lock = DirectoryLock(directory.path)
    if (occupant := _running(lock)) is not None:
        yield _joined(environment, directory, occupant)
        return
    with _own_store(environment, directory, lock, command) as settings:
        yield settings


@contextmanager
def _named_store(environment: Mapping[str, str], directory: DataDirectory) -> Iterator[Settings]:
    """Give settings for the store that the environment names; when it is away, say where it should be."""
    settings = _settings(environment, directory.secret_key())
    try:
        yield settings
    except StoreUnavailable as error:
        place = _place(settings.redis_url)
        raise StoreUnavailable(f"{error}; {_STORE} says that it is at {place}") from error


@contextmanager
def _own_store(
    environment: Mapping[str, str], directory: DataDirectory, lock: DirectoryLock, command: str
) -> Iterator[Settings]:
    """Run the directory's own store, which nobody else may do meanwhile, and give settings for it."""
    store = EmbeddedStore(directory.path)
    lock.claim(command, while_waiting=store.ask_to_leave)
    try:
        key = environment.get(_KEY) or directory.make_secret_key()
        with store.running([lock.inherited]) as url:
            folders = {
                _ARCHIVE: environment.get(_ARCHIVE) or str(directory.archive),
                _SPOOL: environment.get(_SPOOL) or str(directory.spool),
            }
            yield Settings.from_env({**environment, **folders, _STORE: url, _KEY: key})
    finally:
        lock.release()


def _place(url: str) -> str:
    """Say where a store is, without its password."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else parts.netloc.rpartition("@")[2]


def _running(lock: DirectoryLock) -> Occupant | None:
    """Wait for a starting `up` to have its store; None when no `up` runs on the directory."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (occupant := lock.occupant()) is not None and occupant.command == "up":
        if occupant.redis_url is not None or time.monotonic() > deadline:
            return occupant
        time.sleep(_LOOK_SECONDS)
    return None


def _joined(environment: Mapping[str, str], directory: DataDirectory, occupant: Occupant) -> Settings:
    if occupant.redis_url is None:
        raise StoreUnavailable(f"`shortlink up` (process id {occupant.pid}) has no store yet; try again in a moment")
    settings = _settings(_as_up_has_it(environment, directory, occupant), directory.secret_key())
    if key_check(settings.secret_key) != occupant.key_check:
        raise SettingsError(f"the `shortlink up` on {directory.path} runs with another {_KEY}; set the same one here")
    return settings


def _as_up_has_it(environment: Mapping[str, str], directory: DataDirectory, occupant: Occupant) -> dict[str, str]:
    """Fill in what the running `up` has filled in for its processes; whatever is given here wins."""
    filled = {
        _STORE: occupant.redis_url,
        _ARCHIVE: str(directory.archive),
        _SPOOL: str(directory.spool),
        "SHORTLINK_API_URL": occupant.api_url,
        "SHORTLINK_LINK_URL": occupant.link_url,
    }
    if not sends_through_twilio(environment) and occupant.simulator_url:
        sid, token = directory.simulator_account()
        account = {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token}
        filled |= {"SHORTLINK_TWILIO_URL": occupant.simulator_url, **account}
    given = {name: value for name, value in environment.items() if value}
    return {name: value for name, value in filled.items() if value} | given


def _settings(environment: Mapping[str, str], kept_key: str | None) -> Settings:
    key = environment.get(_KEY) or kept_key
    if key is None:
        raise SettingsError(f"{_KEY} is not set; it must be the one that the service runs with")
    return Settings.from_env({**environment, _KEY: key})
