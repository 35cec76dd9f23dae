"""Bytes of the store's memory that a tracked message takes: a text of 120 characters with one link.

`used_memory` of the store before and after, without what it holds for its connections and its append-only file, which
come and go. Once when all messages are accepted, once when all are delivered. The messages are accepted through the
API; the steps of their delivery (claimed, queued, sent, delivered) are made by hand, by the methods that the workers
call, since no carrier would be through with so many before the bench is over.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from statistics import mean

from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.traffic import batched_ids, batches, code_of
from shortlink.domain.code import PARTITIONS
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.sendings import SendingStore

AIM = Aim(bound=512.0, at_least=False)
PASSING = ("mem_clients_normal", "mem_clients_slaves", "mem_aof_buffer", "mem_replication_backlog")
STEADY_BYTES = 2048  # looks that differ by less are the same
SAMPLE = 200
BATCH = 500
THREADS = 4
STEPS = (MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED)


def measure(run: Run) -> Finding:
    """Accept, then deliver, with nothing running but the doors."""
    count, warm_up = run.scale.messages, run.scale.warm_up_messages
    with run.rig() as rig:
        rig.stop_rest()
        _deliver(rig, _accept(run, rig, range(warm_up)))
        before = _steady_memory(rig)
        run.say(f"memory: accepting {count:,} messages")
        messages = _accept(run, rig, range(warm_up, warm_up + count))
        accepted = _steady_memory(rig)
        parts_accepted = _parts(rig, messages, warm_up)
        run.say("memory: delivering them")
        _deliver(rig, messages)
        delivered = _steady_memory(rig)
        parts_delivered = _parts(rig, messages, warm_up)
    return Finding(
        measures=[
            _measure("accepted", (accepted - before) / count),
            _measure("delivered", (delivered - before) / count),
        ],
        details={
            "messages": count,
            "used_memory": {"before": before, "accepted": accepted, "delivered": delivered},
            "parts_accepted": parts_accepted,
            "parts_delivered": parts_delivered,
        },
    )


def _measure(when: str, value: float) -> Measure:
    return Measure(name=f"store memory a tracked message, {when}", value=value, unit="bytes", aim=AIM)


def _accept(run: Run, rig: Rig, numbers: range) -> list[str]:
    requests = batches(rig.account, numbers, BATCH)
    load = ClosedLoad(port=rig.port, requests=requests, expected=200, connections=2, keep_bodies=True)
    return batched_ids(run.load.run(load).bodies)


def _deliver(rig: Rig, messages: Iterable[str]) -> None:
    """Make the steps of each message's delivery."""
    sendings = SendingStore(connect(rig.redis_url))

    def deliver(message: str) -> None:
        code, carrier_id = code_of(message), "SM" + secrets.token_hex(16)
        sendings.claim(code, lease_ms=75_000, first_look_ms=30_000)
        for status in STEPS:
            receipt = DeliveryReceipt(carrier_id=carrier_id, status=status)
            sendings.advance(code, receipt, poll_ms=60_000, report_ms=0)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(deliver, messages):
            pass


def _steady_memory(rig: Rig) -> int:
    """Look until three looks in a row agree: tables are grown a little at a time after the last write."""
    looks: list[int] = []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        looks = [*looks[-2:], _memory(rig)]
        if len(looks) == 3 and max(looks) - min(looks) < STEADY_BYTES:
            break
        time.sleep(0.2)
    return min(looks)


def _memory(rig: Rig) -> int:
    info = rig.store.info("memory")
    return int(info["used_memory"]) - sum(int(info.get(name, 0)) for name in PASSING)


def _parts(rig: Rig, messages: list[str], others: int) -> dict[str, float]:
    """Say what the bytes of a message go into; the rest is the table of keys."""
    codes = [code_of(message) for message in messages[:: max(1, len(messages) // SAMPLE)]]
    shared = {
        "due_messages": [keys.due_messages(partition) for partition in PARTITIONS],
        "events": [keys.events(partition) for partition in PARTITIONS],
        "day_lists": list(rig.store.client.scan_iter("{*}d:*")),
    }
    total = len(messages) + others
    parts = {name: round(sum(_usage(rig, key) for key in found) / total, 1) for name, found in shared.items()}
    return {"record": round(mean(_usage(rig, keys.record(code)) for code in codes), 1)} | parts


def _usage(rig: Rig, key: str) -> int:
    usage: int | None = rig.store.client.memory_usage(key, samples=0)
    return usage or 0
