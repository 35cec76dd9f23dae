"""Connections to the store, whose faults come out in the service's own words."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.driver_info import DriverInfo
from redis.exceptions import RedisError
from redis.retry import Retry

from shortlink.storage.faults import translate
from shortlink.storage.line import Line
from shortlink.storage.unreadable_records import UnreadableRecords

# Between the tries: 0.12 and 0.24 s. A store with a small log that is restarted is back in that time, and whoever waits
# for one that is not hears so in less than half a second.
BACKOFF = ExponentialBackoff(cap=0.5, base=0.06)


class _StorePipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        try:
            return super().execute(raise_on_error)
        except RedisError as error:
            raise translate(error) from error

    def annotate_exception(self, exception: Exception, number: int, command: Any) -> None:
        """Leave an error as the server worded it: the word that it begins with tells the trouble.

        The client would put the command before it, arguments and all, which are nothing for a log.
        """


class Store(redis.Redis):
    """A Redis client that raises StoreUnavailable when the store is down, full, loading or read-only.

    `line` is the short way for scripts, `unreadable` is told of records that cannot be read.
    """

    line: Line
    unreadable: UnreadableRecords

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except RedisError as error:
            raise translate(error) from error

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> _StorePipeline:
        return _StorePipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def read_hash(self, key: str) -> dict[str, str]:
        """Read a whole hash; empty when there is none."""
        return cast("dict[str, str]", self.hgetall(key))

    def now(self) -> int:
        """Read the store's clock, in UTC milliseconds."""
        seconds, microseconds = self.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


def connect(url: str, *, timeout_seconds: float = 5.0, retries: int = 2) -> Store:
    """Make a client; nothing is sent before its first command.

    Retried commands may run twice: every script is written for that. Only lost connections are retried: a store that
    hangs is given `timeout_seconds` once, or whoever waits for it would wait for minutes. The redirect asks for
    `retries=0` and a short timeout, since a tap may never hang.
    """
    store = cast(
        "Store",
        Store.from_url(
            url,
            decode_responses=True,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(BACKOFF, retries, supported_errors=(redis.ConnectionError,)),
            driver_info=_about_the_client(),
        ),
    )
    store.line = Line(store.connection_pool, retries=retries, backoff=BACKOFF)
    store.unreadable = UnreadableRecords(store)
    return store


@cache
def _about_the_client() -> DriverInfo:
    """Say once which client this is: it would look for its version, a file's, for each connection, a millisecond."""
    return DriverInfo()
