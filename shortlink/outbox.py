"""The outbox: hands ids to RQ in batches, and nothing but ids; the only importer of rq in this package.

RQ is a wake-up. What is owed stays in the ledger: losing every `rq:*` key costs latency, never a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from shortlink.domain.due import Due
from shortlink.domain.errors import StoreUnavailable

JOB_OF = {Due.MESSAGES: "worker.jobs.attend_messages", Due.CALLBACKS: "worker.jobs.deliver_callbacks"}
QUEUE_OF = {Due.MESSAGES: "messages", Due.CALLBACKS: "callbacks"}  # one queue a worker: only then no job is lost
JOB_SECONDS = 120  # at most; the worker's threads go on, since a job only hands ids to them
FAILURES_KEPT_SECONDS = 3600


class AllowedJob(Job):
    """A job that runs only functions of ours: whoever can write RQ's keys must not choose the code."""

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        """Post nothing: RQ's own webhooks would reach any address that a job names."""

    @property
    def func(self) -> Any:
        """Return the job's function. Raises ValueError unless it is on the list and no callback is named."""
        if self.func_name not in JOB_OF.values():
            raise ValueError("this job's function is not on the list of allowed jobs")
        if self._success_callback_name or self._failure_callback_name or self._stopped_callback_name:
            raise ValueError("jobs with callbacks are not allowed")
        return super().func


def connect_queue(url: str) -> redis.Redis:
    """Make the client that RQ uses: bytes in and out, as RQ wants them."""
    client: redis.Redis = redis.Redis.from_url(url, socket_connect_timeout=5)
    return client


def open_queue(due: Due, connection: redis.Redis) -> Queue:
    """Open the queue of one kind of work, with the serializer and the job class that both ends must share."""
    return Queue(QUEUE_OF[due], connection=connection, serializer=JSONSerializer, job_class=AllowedJob)


class Outbox:
    """Offers due items to the workers."""

    def __init__(self, connection: redis.Redis) -> None:
        self._queues = {due: open_queue(due, connection) for due in Due}

    def backlog(self, due: Due) -> int:
        """Count the jobs of one kind that no worker has taken yet. Raises StoreUnavailable."""
        try:
            return int(self._queues[due].count)
        except RedisError as error:
            raise StoreUnavailable("the queue cannot be read") from error

    def offer(self, due: Due, jobs: Sequence[list[str]]) -> None:
        """Queue jobs, each a list of members. Raises StoreUnavailable; what was lost is offered again."""
        try:
            for members in jobs:
                self._queues[due].enqueue(
                    JOB_OF[due],
                    members,
                    job_timeout=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=FAILURES_KEPT_SECONDS,
                )
        except RedisError as error:
            raise StoreUnavailable("the queue cannot be written") from error
