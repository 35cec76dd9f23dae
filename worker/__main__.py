"""Start a worker: `python -m worker messages`, `python -m worker callbacks`, or both without a word.

One queue a process: only then RQ moves a job in one step, and a slow customer never holds up an SMS.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable

from shortlink.config import Settings, environment
from shortlink.domain.due import Due
from shortlink.lifeline import die_with_parent, tied
from shortlink.outbox import QUEUE_OF, connect_queue, open_queue
from worker import jobs
from worker.crew import Crew
from worker.heartbeat import heartbeat
from worker.lean_worker import LeanWorker
from worker.pair import Pair
from worker.shift import Shift
from worker.signals import stop_on_signals
from worker.start import begin
from worker.trouble_log import TroubleLog

DRAIN_SECONDS = 7.0
log = logging.getLogger("worker")
KIND_OF = {queue: due for due, queue in QUEUE_OF.items()}


def _make_crew(due: Due, settings: Settings, *, closing: threading.Event, trouble: TroubleLog) -> Crew:
    """Make the crew for one kind of work; what the other kind works with is not even imported."""
    if due is Due.MESSAGES:
        from worker.message_crew import make_message_crew  # noqa: PLC0415

        return make_message_crew(settings, closing=closing, trouble=trouble)
    from worker.callback_crew import make_callback_crew  # noqa: PLC0415

    return make_callback_crew(settings, closing=closing, trouble=trouble)


def run_one(queue: str) -> int:
    """Run one worker until SIGTERM, SIGINT or SIGHUP, then finish what is in flight."""
    workplace = begin()
    settings = workplace.settings
    logging.getLogger("rq").setLevel(logging.WARNING)
    due = KIND_OF[queue]
    closing = threading.Event()
    stop_on_signals(lambda *_: closing.set())
    check = workplace.presence.check_writable
    trouble = TroubleLog(log, check=check)
    crew = _make_crew(due, settings, closing=closing, trouble=trouble)
    jobs.crews[queue] = crew
    with heartbeat(f"worker-{queue}", workplace.presence, trouble):
        Shift(_worker_maker(due, settings, closing), check=check, closing=closing, trouble=trouble).run()
        if not crew.drain(DRAIN_SECONDS):
            log.warning("stopped with work in flight; its leases bring it back")
    return 0


def _worker_maker(due: Due, settings: Settings, closing: threading.Event) -> Callable[[], LeanWorker]:
    connection = connect_queue(settings.redis_url)
    rq_queue = open_queue(due, connection)

    def make() -> LeanWorker:
        return LeanWorker(
            [rq_queue],
            connection=connection,
            job_class=rq_queue.job_class,
            serializer=rq_queue.serializer,
            worker_ttl=30,
            maintenance_interval=30,
            on_stop=closing.set,
            is_stopping=closing.is_set,
        )

    return make


def _start_child(queue: str) -> subprocess.Popen[bytes]:
    """Start one worker as a child that ends with us, even if we are killed before it has read its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "worker", queue],
        env=tied(environment()),
        preexec_fn=die_with_parent,  # noqa: PLW1509  # calls nothing that takes a lock
    )


def run_both() -> int:
    """Run one worker of each kind as children, and start one that ends again."""
    begin()
    return Pair(KIND_OF, _start_child).run()


def main() -> int:
    """Start what the command line names."""
    match sys.argv[1:]:
        case []:
            return run_both()
        case [queue] if queue in KIND_OF:
            return run_one(queue)
    sys.stderr.write(f"usage: python -m worker [{'|'.join(KIND_OF)}]\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
