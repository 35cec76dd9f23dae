"""Bytes of the store's memory that a tracked message takes: a text of 120 characters with one link.

`used_memory` of the store before and after, without what it holds for its connections and its append-only file, which
come and go. Once when all messages are accepted, once when all are delivered; like is compared with like: the first
with only the doors running before and after, the second with everything running before and after.
"""

from __future__ import annotations

import time
from statistics import mean

from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.traffic import code_of, message_ids, sends
from shortlink.domain.code import PARTITIONS
from shortlink.storage import keys

AIM = Aim(bound=700.0, at_least=False)
PASSING = ("mem_clients_normal", "mem_clients_slaves", "mem_aof_buffer", "mem_replication_backlog")
STEADY_BYTES = 2048  # looks that differ by less are the same
SAMPLE = 200
DELIVERED_A_SECOND = 40  # at least: how long is waited for the deliveries


def measure(run: Run) -> Finding:
    """Accept with nothing running that would send, then let everything be delivered."""
    count, warm_up = run.scale.messages, run.scale.warm_up_messages
    with run.rig() as rig:
        run.say(f"memory: delivering {warm_up} messages beforehand")
        _accept(run, rig, range(warm_up))
        _deliver(run, rig, warm_up)
        before_running = _steady_memory(rig)
        rig.stop_rest()
        before = _steady_memory(rig)
        run.say(f"memory: accepting {count:,} messages")
        messages = _accept(run, rig, range(warm_up, warm_up + count))
        accepted = _steady_memory(rig)
        parts_accepted = _parts(rig, messages, warm_up)
        run.say("memory: delivering them")
        seconds = _deliver(run, rig, count)
        delivered = _steady_memory(rig)
        parts_delivered = _parts(rig, messages, warm_up)
    return Finding(
        measures=[
            _measure("accepted", (accepted - before) / count),
            _measure("delivered", (delivered - before_running) / count),
        ],
        details={
            "messages": count,
            "used_memory": {
                "doors_only": {"before": before, "accepted": accepted},
                "everything_running": {"before": before_running, "delivered": delivered},
            },
            "parts_accepted": parts_accepted,
            "parts_delivered": parts_delivered,
            "deliveries_per_second": round(count / seconds, 1),
        },
    )


def _measure(when: str, value: float) -> Measure:
    return Measure(name=f"store memory a tracked message, {when}", value=value, unit="bytes", aim=AIM)


def _accept(run: Run, rig: Rig, numbers: range) -> list[str]:
    load = ClosedLoad(port=rig.port, requests=sends(rig.account, numbers), expected=201, keep_bodies=True)
    return message_ids(run.load.run(load).bodies)


def _deliver(run: Run, rig: Rig, count: int) -> float:
    """Start what sends and wait until nothing is owed; the seconds from when it was ready."""
    rig.start_rest()
    started = time.monotonic()
    rig.wait_until_delivered(run.say, within_seconds=30 + count / DELIVERED_A_SECOND)
    return time.monotonic() - started


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
    info = rig.info("memory")
    return int(info["used_memory"]) - sum(int(info.get(name, 0)) for name in PASSING)


def _parts(rig: Rig, messages: list[str], others: int) -> dict[str, float]:
    """Say what the bytes of a message go into; the rest is the table of keys."""
    codes = [code_of(message) for message in messages[:: max(1, len(messages) // SAMPLE)]]
    shared = {
        "due_messages": [keys.due_messages(partition) for partition in PARTITIONS],
        "events": [keys.events(partition) for partition in PARTITIONS],
        "day_lists": list(rig.store.scan_iter("{*}d:*")),
    }
    total = len(messages) + others
    parts = {name: round(sum(_usage(rig, key) for key in found) / total, 1) for name, found in shared.items()}
    return {"record": round(mean(_usage(rig, keys.record(code)) for code in codes), 1)} | parts


def _usage(rig: Rig, key: str) -> int:
    usage: int | None = rig.store.memory_usage(key, samples=0)
    return usage or 0
