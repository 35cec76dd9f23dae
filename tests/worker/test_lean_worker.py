"""RQ's worker as we run it: does what RQ's does, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis
from rq import Callback, Queue
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from shortlink.domain.due import Due
from shortlink.outbox import JOB_OF, QUEUE_OF, AllowedJob, Outbox, open_queue
from tests.waiting import wait_until
from worker import jobs
from worker.crew import Crew
from worker.lean_worker import LeanWorker


@pytest.fixture
def done() -> Iterator[list[str]]:
    members: list[str] = []
    jobs.crews["messages"] = Crew(members.append, size=2)
    yield members
    jobs.crews.clear()


def work_off(connection: redis.Redis) -> None:
    queue = open_queue(Due.MESSAGES, connection)
    worker = LeanWorker(
        [queue], connection=connection, job_class=AllowedJob, serializer=JSONSerializer, on_stop=lambda: None
    )
    worker.work(burst=True, logging_level="CRITICAL")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Leave the handlers of signals as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_worker_that_is_told_to_stop_in_a_job_ends_behind_it(connection: redis.Redis) -> None:
    closing, is_held = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        is_held.wait(10)

    jobs.crews["messages"] = Crew(hold, size=1, closing=closing)
    Outbox(connection).offer(Due.MESSAGES, [[f"member{n}" for n in range(9)], ["later"]])
    worker = LeanWorker(
        [open_queue(Due.MESSAGES, connection)],
        connection=connection,
        job_class=AllowedJob,
        serializer=JSONSerializer,
        on_stop=closing.set,
    )

    def stop_while_it_waits() -> None:
        while jobs.crews["messages"]._waiting.empty():  # every hand is full
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    stopping = threading.Thread(target=stop_while_it_waits)
    stopping.start()
    worker.work(logging_level="CRITICAL", max_idle_time=2)  # of which nothing is seen if the signal is heeded
    is_held.set()
    stopping.join()
    assert FailedJobRegistry(queue=open_queue(Due.MESSAGES, connection)).get_job_count() == 0
    assert open_queue(Due.MESSAGES, connection).count == 1
    jobs.crews.clear()


@pytest.mark.usefixtures("handlers")
def test_a_worker_that_was_told_to_stop_before_it_listened_takes_no_job(
    connection: redis.Redis, done: list[str]
) -> None:
    Outbox(connection).offer(Due.MESSAGES, [["later"]])
    queue = open_queue(Due.MESSAGES, connection)
    worker = LeanWorker(
        [queue],
        connection=connection,
        job_class=AllowedJob,
        serializer=JSONSerializer,
        on_stop=lambda: None,
        is_stopping=lambda: True,
    )
    worker.work(logging_level="CRITICAL", max_idle_time=2)
    assert (queue.count, done) == (1, [])


def stop_where_every_exception_is_passed_over() -> None:
    """Tell this process to stop as if within the metrics of the store's client."""
    with suppress(Exception):
        os.kill(os.getpid(), signal.SIGTERM)


class ToldBeforeTheWait(LeanWorker):
    def heartbeat(self, timeout: int | None = None, pipeline: object = None) -> None:
        stop_where_every_exception_is_passed_over()


class ToldInTheWait(LeanWorker):
    def _dequeue(self, timeout: int | None) -> tuple[Job, Queue] | None:
        if self._stop_requested:
            return super()._dequeue(timeout)
        self._is_waiting = True
        stop_where_every_exception_is_passed_over()
        self._is_waiting = False
        raise DequeueTimeout


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("kind", [ToldBeforeTheWait, ToldInTheWait])
def test_a_stop_that_comes_where_every_exception_is_passed_over_is_heeded(
    kind: type[LeanWorker], connection: redis.Redis, done: list[str]
) -> None:
    Outbox(connection).offer(Due.MESSAGES, [["later"]])
    queue = open_queue(Due.MESSAGES, connection)
    worker = kind([queue], connection=connection, job_class=AllowedJob, serializer=JSONSerializer, on_stop=lambda: None)
    worker.work(logging_level="CRITICAL", max_idle_time=2)
    assert (queue.count, done) == (1, [])


@pytest.mark.usefixtures("handlers")
def test_an_idle_worker_ends_its_wait_when_it_is_told_to_stop_and_says_that_it_is_gone(connection: redis.Redis) -> None:
    queue = open_queue(Due.MESSAGES, connection)
    worker = LeanWorker(
        [queue], connection=connection, job_class=AllowedJob, serializer=JSONSerializer, on_stop=lambda: None
    )

    def stop_while_it_waits() -> None:
        wait_until(lambda: any(one["cmd"] == "blmove" for one in connection.client_list()))
        os.kill(os.getpid(), signal.SIGTERM)

    stopping = threading.Thread(target=stop_while_it_waits)
    stopping.start()
    worker.work(logging_level="CRITICAL")
    stopping.join()
    assert connection.hexists(worker.key, "death")


def test_every_job_reaches_the_crew_and_no_key_of_it_stays(connection: redis.Redis, done: list[str]) -> None:
    members = [f"member{n}" for n in range(30)]
    Outbox(connection).offer(Due.MESSAGES, [members[:10], members[10:]])
    work_off(connection)
    assert jobs.crews["messages"].drain(5)
    assert sorted(done) == sorted(members)
    assert connection.keys("rq:job:*") == []
    assert connection.keys("rq:queue:*") == []
    assert connection.keys("rq:wip:*") == []


@pytest.mark.parametrize("words", [("os.system", "true"), ("worker.jobs.no_such_job", [])])
def test_a_job_that_may_not_run_fails_and_the_next_one_runs(
    words: tuple[str, object], connection: redis.Redis, done: list[str]
) -> None:
    queue = Queue(QUEUE_OF[Due.MESSAGES], connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(*words, failure_ttl=60)
    Outbox(connection).offer(Due.MESSAGES, [["x"]])
    work_off(connection)
    assert jobs.crews["messages"].drain(5)
    assert job.get_status(refresh=True) == "failed"
    assert FailedJobRegistry(queue=queue).get_job_ids(cleanup=False) == [job.id]
    assert done == ["x"]
    assert 0 < connection.ttl(job.key) <= 60


def test_a_job_with_a_success_callback_is_refused(connection: redis.Redis, done: list[str]) -> None:
    queue = Queue(QUEUE_OF[Due.MESSAGES], connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(JOB_OF[Due.MESSAGES], ["x"], on_success=Callback("os.getpid"))
    work_off(connection)
    assert job.get_status(refresh=True) == "failed"
    assert done == []
