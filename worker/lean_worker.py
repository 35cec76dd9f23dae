"""RQ's worker, saying less: what it tells the store around every job costs several times what our jobs cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.timeouts import JobTimeoutException
from rq.worker import WorkerStatus

from shortlink.outbox import JOB_SECONDS
from worker.signals import stop_on_signals

LEFT_OVER_SECONDS = 3600  # how long a job of a worker that was killed lies about; the ledger has offered its ids again
WAIT_SECONDS = 2  # for a job, before the next look whether to stop: the word of it can get lost on its way through RQ
TOLD_SECONDS = 5.0  # how often a sign of life and a look for `rq suspend` are enough; a worker's key lives much longer


class LeanWorker(SimpleWorker):
    """Runs jobs as RQ does, but keeps no registry of those that run, and tells of itself every few seconds at most.

    `on_stop` is called in the signal handler when the worker is told to stop; `is_stopping` says whether that was
    before it listened. `work` also returns when the store fails it, and `trouble` says then how: RQ would log a trace,
    or wait by itself and tell its own way of it.
    """

    def __init__(
        self, *args: Any, on_stop: Callable[[], None], is_stopping: Callable[[], bool] = lambda: False, **options: Any
    ) -> None:
        self._on_stop = on_stop
        self._is_stopping = is_stopping
        self._is_waiting = False
        self._told: dict[str, float] = {}
        self.trouble: RedisError | None = None
        super().__init__(*args, **options)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stop after the job under way, which is told not to wait any more."""
        self._on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def _shutdown(self) -> None:
        """End the wait for a job, and nothing else: raised elsewhere, a stop can get lost.

        The client of the store has places that pass over every exception, and a job takes it for a fault of its own.
        """
        was_told, self._stop_requested = self._stop_requested, True
        if self._is_waiting and not was_told:
            raise StopRequested

    def subscribe(self) -> None:
        """Take no commands by the store: its thread would end with a trace when the store is full or a replica."""

    def teardown(self) -> None:
        """Tell that the worker is gone, if the store is there; its key ends by itself."""
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]

    def run_maintenance_tasks(self) -> None:
        """Put RQ's registries in order."""
        with self._noting_trouble():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job, and tell meanwhile that the worker lives; None when it was idle for too long."""
        with self._noting_trouble():
            self.set_state(WorkerStatus.IDLE)
            began = time.monotonic()
            while True:
                self.heartbeat()
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()
                with suppress(DequeueTimeout):
                    return self._dequeue(_at_most(timeout if max_idle_time is None else max_idle_time))
                if max_idle_time is not None and time.monotonic() - began >= max_idle_time:
                    return None

    def _dequeue(self, timeout: int | None) -> tuple[Job, Queue] | None:
        try:
            self._is_waiting = True
            if self._stop_requested:
                raise StopRequested
            return self.queue_class.dequeue_any(
                self._ordered_queues,
                timeout,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except StopRequested:
            self.connection.connection_pool.disconnect()  # an answer may still be on its way, and be taken for another
            raise
        finally:
            self._is_waiting = False

    @contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        """Note what the store fails us with, and stop."""
        try:
            yield
        except RedisError as error:
            self.trouble = error
            raise StopRequested from error

    def _install_signal_handlers(self) -> None:
        stop_on_signals(self.request_stop)
        self._stop_requested = self._stop_requested or self._is_stopping()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job and remove it; one that fails is left to RQ, which keeps it among the failed."""
        with self._noting_trouble():
            self._run(job, queue)

    def _run(self, job: Job, queue: Queue) -> None:
        with self.connection.pipeline(transaction=False) as pipe:
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            pipe.expire(job.key, LEFT_OVER_SECONDS)
            pipe.execute()
        try:
            with self.death_penalty_class(JOB_SECONDS, JobTimeoutException, job_id=job.id):
                job.perform()
        except Exception:  # noqa: BLE001, whatever a job raises is its own failure, not the worker's
            self._finalize_failure(job, queue, self.prepare_execution(job), sys.exc_info())
        else:
            self.connection.delete(job.key)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell that the worker lives, when that was not told lately."""
        if pipeline is not None or self._is_time("heartbeat"):
            with self._noting_trouble():
                super().heartbeat(timeout, pipeline)

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Tell whether the worker is busy, when nothing was told lately: jobs take a moment only."""
        if pipeline is not None or self._is_time("state"):
            super().set_state(state, pipeline)
        else:
            self._state = state

    def check_for_suspension(self, burst: bool) -> None:
        """Look every few seconds whether `rq suspend` was called."""
        if burst or self._is_time("suspension"):
            with self._noting_trouble():
                super().check_for_suspension(burst)

    def _is_time(self, what: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(what, -TOLD_SECONDS) < TOLD_SECONDS:
            return False
        self._told[what] = now
        return True


def _at_most(timeout: int | None) -> int | None:
    """Cut a wait for a job short; None does not wait at all."""
    return timeout if timeout is None else min(timeout, WAIT_SECONDS)
