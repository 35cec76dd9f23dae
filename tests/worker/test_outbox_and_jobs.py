"""The way from the ledger through RQ to a crew, on a real Valkey with a real RQ worker."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator

import pytest
import redis
from rq import Callback, Queue, SimpleWorker
from rq.serializers import JSONSerializer

from shortlink.domain.due import Due
from shortlink.domain.errors import AccountUnreadable, RecordUnreadable, StoreUnavailable
from shortlink.outbox import JOB_OF, QUEUE_OF, AllowedJob, Outbox, open_queue
from worker import jobs
from worker.crew import Crew


@pytest.fixture
def done() -> Iterator[list[str]]:
    """Members that a crew of each kind worked on."""
    members: list[str] = []
    for queue in QUEUE_OF.values():
        jobs.crews[queue] = Crew(members.append, size=2)
    yield members
    jobs.crews.clear()


def work_off(due: Due, connection: redis.Redis) -> None:
    queue = open_queue(due, connection)
    worker = SimpleWorker([queue], connection=connection, job_class=AllowedJob, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")


@pytest.mark.parametrize("due", list(Due))
def test_every_job_name_resolves_to_a_function(due: Due) -> None:
    module, _, name = JOB_OF[due].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("due", list(Due))
def test_offered_members_reach_the_crew(due: Due, connection: redis.Redis, done: list[str]) -> None:
    members = [f"member{n}" for n in range(57)]
    outbox = Outbox(connection)
    outbox.offer(due, [members[:50], members[50:]])
    assert outbox.backlog(due) == 2
    work_off(due, connection)
    assert jobs.crews[QUEUE_OF[due]].drain(5)
    assert sorted(done) == sorted(members)
    assert outbox.backlog(due) == 0


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "worker.crew.Crew"])
def test_a_job_that_is_not_on_the_list_never_runs(name: str, connection: redis.Redis, done: list[str]) -> None:
    queue = Queue(QUEUE_OF[Due.MESSAGES], connection=connection, serializer=JSONSerializer)
    marker = f"/tmp/shortlink-test-{os.getpid()}"
    job = queue.enqueue(name, f"touch {marker}")
    work_off(Due.MESSAGES, connection)
    assert job.get_status(refresh=True) == "failed"
    assert not os.path.exists(marker)  # noqa: PTH110
    assert done == []


def test_a_job_with_a_success_callback_is_refused(connection: redis.Redis, done: list[str]) -> None:
    queue = Queue(QUEUE_OF[Due.MESSAGES], connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(JOB_OF[Due.MESSAGES], ["x"], on_success=Callback("os.getpid"))
    work_off(Due.MESSAGES, connection)
    assert job.get_status(refresh=True) == "failed"
    assert done == []


def hold(gate: threading.Event) -> None:
    gate.wait(10)


def test_one_bad_item_does_not_end_a_hand(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def work(member: str) -> None:
        seen.append(member)
        if member == "bad":
            raise RuntimeError("broken")

    crew = Crew(work, size=1)
    crew.take(["bad", "good"])
    assert crew.drain(5)
    assert seen == ["bad", "good"]
    assert "failed" in caplog.text


def test_what_cannot_be_read_leaves_no_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    met: list[str] = []

    def work(member: str) -> None:
        met.append(member)
        raise AccountUnreadable("SLbroken", "it is no hash") if member == "a" else RecordUnreadable(member, "no hash")

    crew = Crew(work, size=1)
    crew.take(["a", "b"])
    assert crew.drain(5)
    assert met == ["a", "b"]
    assert [record.exc_info for record in caplog.records if record.levelname != "DEBUG"] == []


def test_a_full_crew_holds_the_next_job_back() -> None:
    gate = threading.Event()
    crew = Crew(lambda _: hold(gate), size=1)
    handing = threading.Thread(target=crew.take, args=([str(n) for n in range(4)],))
    handing.start()
    handing.join(0.3)
    assert handing.is_alive()
    gate.set()
    handing.join(5)
    assert not handing.is_alive()
    assert crew.drain(5)


def test_a_drain_that_runs_out_of_time_says_so() -> None:
    gate = threading.Event()
    crew = Crew(lambda _: hold(gate), size=1)
    crew.take(["slow"])
    assert not crew.drain(0.05)
    gate.set()
    assert crew.drain(5)


def test_a_crew_begins_no_more_than_its_pace_allows() -> None:
    asked: list[int] = []
    done: list[str] = []

    def pace(most: int) -> int:
        asked.append(most)
        return min(most, 2)

    crew = Crew(done.append, size=2, pace=pace)
    crew.take(list("abcde"))
    assert crew.drain(5)
    assert asked == [5, 3, 1]
    assert sorted(done) == list("abcde")


def test_a_crew_that_closes_leaves_the_rest_to_the_ledger() -> None:
    gate, closing = threading.Event(), threading.Event()
    done: list[str] = []

    def work(member: str) -> None:
        gate.wait(10)
        done.append(member)

    crew = Crew(work, size=1, closing=closing)
    handing = threading.Thread(target=crew.take, args=([str(n) for n in range(50)],))
    handing.start()
    closing.set()
    handing.join(5)
    assert not handing.is_alive()
    gate.set()
    assert crew.drain(5)
    assert len(done) <= 2


def test_a_store_that_is_away_ends_the_job_and_not_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    def pace(_: int) -> int:
        raise StoreUnavailable("away")

    Crew(print, size=1, pace=pace).take(["x"])
    assert "away; trying again until it can" in caplog.text
