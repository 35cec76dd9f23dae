"""A store alone, without a supervisor: killed, cut and started again by the test itself; and a writer that loads it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shortlink.domain.callback import CallbackKind
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.links import LinkStore
from shortlink.storage.sendings import SendingStore
from shortlink.supervisor.embedded_store import EmbeddedStore
from tests.factories import link_start, make_message, open_messages

START_SECONDS = 30.0
_PERSON = Judgement(verdict=Verdict.HUMAN, rule="chaos")


class LoneStore:
    """One Valkey server on a folder, with the very options of `shortlink up`."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._embedded = EmbeddedStore(folder, durable=durable)
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "store").mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return self._embedded.url

    @property
    def append_only_file(self) -> Path:
        """The file at whose end the store writes."""
        return max((self._embedded.directory / "store" / "appendonlydir").glob("*.incr.aof"))

    def start(self, *, environment: Mapping[str, str] | None = None) -> bool:
        """Start it and wait until it has loaded its data; False when it refuses."""
        self._process = subprocess.Popen(
            self._embedded.command(),
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._embedded.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@contextmanager
def lone_store(folder: Path, *, durable: bool = False) -> Iterator[LoneStore]:
    """Run a store for as long as the `with` lasts, however often it is killed inside."""
    store = LoneStore(folder, durable=durable)
    assert store.start(), "the store did not start"
    try:
        yield store
    finally:
        store.kill()


class Writer:
    """Accepts messages, taps their links and claims what falls due, noting what was acknowledged and when.

    Use it as a context manager; it ends by itself when the store goes away.
    """

    def __init__(self, url: str, *, threads: int = 4) -> None:
        self.accepted: dict[str, float] = {}  # code → monotonic time of the acknowledgement
        self.clicked: dict[str, float] = {}
        self._done = threading.Event()
        self._url = url
        self._crew = [threading.Thread(target=self._run, name=f"writer-{n}", daemon=True) for n in range(threads)]

    def __enter__(self) -> Writer:
        for thread in self._crew:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._crew:
            thread.join(10)

    def _run(self) -> None:
        with connect(self._url, timeout_seconds=2, retries=0) as store:
            try:
                self._write(store)
            except StoreUnavailable:
                return

    def _write(self, store: Store) -> None:
        messages, sendings = open_messages(store), SendingStore(store)
        links, callbacks = LinkStore(store), CallbackStore(store)
        while not self._done.is_set():
            message = make_message()
            messages.add(message, link_start=link_start(message), today=int(time.time() * 1000) // DAY_MS)
            self.accepted[message.code] = time.monotonic()
            links.follow(message.code, _PERSON, spends=True, callback_ms=0)
            self.clicked[message.code] = time.monotonic()
            sendings.claim(message.code, lease_ms=5000, first_look_ms=1000)
            for kind in CallbackKind:
                callbacks.claim(message.code, kind, lease_ms=5000)
