"""RQ's worker, saying less: what it tells the store around every job costs several times what our jobs cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rq import Queue, SimpleWorker
from rq.job import Job
from rq.timeouts import JobTimeoutException
from rq.worker import WorkerStatus

JOB_SECONDS = 120  # at most; its threads go on, since it only hands ids to them
LEFT_OVER_SECONDS = 3600  # how long a job of a worker that was killed lies about; the ledger has offered its ids again
TOLD_SECONDS = 5.0  # how often a sign of life and a look for `rq suspend` are enough; a worker's key lives much longer


class LeanWorker(SimpleWorker):
    """Runs jobs as RQ does, but keeps no registry of those that run, and tells of itself every few seconds at most.

    `on_stop` is called in the signal handler when the worker is told to stop.
    """

    def __init__(self, *args: Any, on_stop: Callable[[], None], **options: Any) -> None:
        self._on_stop = on_stop
        self._told: dict[str, float] = {}
        super().__init__(*args, **options)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stop after the job under way, which is told not to wait any more."""
        self._on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job and remove it; one that fails is left to RQ, which keeps it among the failed."""
        self._state = WorkerStatus.BUSY  # or a signal to stop is raised inside the job, which would take it for a fault
        try:
            self._run(job, queue)
        finally:
            self._state = WorkerStatus.IDLE

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
            super().check_for_suspension(burst)

    def _is_time(self, what: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(what, -TOLD_SECONDS) < TOLD_SECONDS:
            return False
        self._told[what] = now
        return True
