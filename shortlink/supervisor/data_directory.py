"""The data directory: what one installation of `shortlink up` keeps between two runs."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

from shortlink.domain.errors import ShortlinkError
from shortlink.supervisor.private_file import read_if_there, read_json, write_json, write_private


class UnusableDirectory(ShortlinkError):
    """The data directory cannot be made or written."""


class SecretKeyMissing(ShortlinkError):
    """The directory has a store, but not the key that it was made with."""


class DataDirectory:
    """Names every file in the directory and makes those that hold secrets.

    `lock`, `processes.lock`  who uses it, see directory_lock · `store/`  the embedded store's files ·
    `valkey.sock`  its socket · `secret_key`  the installation's key · `demo.json`  the demo account's SID and token ·
    `simulator.json`  the simulator's Twilio account · `simulator_options`  the secret it
    checks callbacks with · `simulator.sqlite3`  its messages · `carrier`  the Twilio account of the last run ·
    `spool/`  clicks that wait for the store · `archive/`  the archive of events.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    def create(self) -> None:
        """Make the directory, for its owner alone; one that is there keeps its mode. Raises UnusableDirectory."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.store_files.mkdir(mode=0o700, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise UnusableDirectory(f"cannot use {self.path} as data directory: {error.strerror}") from error

    @property
    def store_files(self) -> Path:
        """Where the embedded store keeps its append-only file."""
        return self.path / "store"

    @property
    def spool(self) -> Path:
        """Where clicks wait while the store is away."""
        return self.path / "spool"

    @property
    def archive(self) -> Path:
        """Where the recorder keeps every event."""
        return self.path / "archive"

    @property
    def simulator_messages(self) -> Path:
        """The simulator's database."""
        return self.path / "simulator.sqlite3"

    def secret_key(self) -> str | None:
        """Read the installation's key, if it has one already."""
        return read_if_there(self.path / "secret_key")

    def make_secret_key(self) -> str:
        """Read the installation's key; the first call draws it, before the store is made.

        Raises SecretKeyMissing: with another key no token works any more, and whoever opted out is written to again.
        """
        key = self.secret_key()
        if key is None:
            if self.store_files.exists() and any(self.store_files.iterdir()):
                raise SecretKeyMissing(
                    f"{self.path / 'secret_key'} is missing, but there is a store in {self.store_files}: bring back"
                    " the key that it was made with, as that file or as SHORTLINK_SECRET_KEY. With a new key no token"
                    " works, and nobody's opt-out is known any more"
                )
            key = secrets.token_hex(32)
            write_private(self.path / "secret_key", key + "\n")
        return key

    def simulator_account(self) -> tuple[str, str]:
        """Read the SID and token of the Twilio account that the simulator plays; the first call draws them."""
        known = read_json(self.path / "simulator.json")
        if not {"account_sid", "auth_token"} <= known.keys():
            known = {"account_sid": "AC" + secrets.token_hex(16), "auth_token": secrets.token_hex(16)}
            write_json(self.path / "simulator.json", known)
        return str(known["account_sid"]), str(known["auth_token"])

    def carrier_account(self) -> str | None:
        """Read the SID of the Twilio account that the last run sent through, the simulator's among them."""
        return read_if_there(self.path / "carrier")

    def keep_carrier_account(self, sid: str) -> None:
        """Remember the account of this run for the next start."""
        write_private(self.path / "carrier", f"{sid}\n")

    @property
    def simulator_options(self) -> Path:
        """Options of the simulator that must not show on its command line."""
        return self.path / "simulator_options"

    def keep_webhook_secret(self, secret: str) -> None:
        """Let the simulator check callbacks that are signed with this secret."""
        write_private(self.simulator_options, f"--webhook-secret\n{secret}\n")

    def demo_account(self) -> dict[str, Any]:
        """Read the demo account: `sid` and `auth_token`, or nothing."""
        return read_json(self.path / "demo.json")

    def keep_demo_account(self, *, sid: str, auth_token: str) -> None:
        """Remember the demo account's credentials for the next start."""
        write_json(self.path / "demo.json", {"sid": sid, "auth_token": auth_token})
