"""A small `up` for the tests: claims a directory, supervises the children it is told, writes their ids to a file.

    python small_up.py DIRECTORY SPECS

SPECS is a JSON list of [name, stop_phase, stop_seconds, death signal, [command, …]]; the word STORE as command stands
for the embedded store. After each change, DIRECTORY/pids.json holds {name: pid}.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from shortlink.domain.errors import ShortlinkError
from shortlink.supervisor.child import ChildSpec
from shortlink.supervisor.console import Console
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.supervisor.embedded_store import EmbeddedStore
from shortlink.supervisor.supervisor import Supervisor


async def serve(directory: Path, specs: list[ChildSpec], lock: DirectoryLock) -> None:
    async with Supervisor(Console(sys.stderr, colour=False), (lock.inherited,)) as supervisor:
        for spec in specs:
            supervisor.start(spec)

        def note_pids() -> bool:
            pids = {child.spec.name: child.pid for child in supervisor.children if child.pid is not None}
            draft = directory / "pids.draft"
            draft.write_text(json.dumps(pids))
            draft.replace(directory / "pids.json")
            return False

        await supervisor.wait_until(note_pids, within_seconds=120)


def main() -> int:
    directory = DataDirectory(Path(sys.argv[1]))
    directory.create()
    store = EmbeddedStore(directory.path)
    specs = [
        ChildSpec(
            name=name,
            command=store.command() if command == ["STORE"] else tuple(command),
            environment=dict(os.environ),
            stop_phase=phase,
            stop_seconds=seconds,
            death_signal=signal.Signals(number),
            hurried_seconds=2.0 if command == ["STORE"] else 0.0,
        )
        for name, phase, seconds, number, command in json.loads(sys.argv[2])
    ]
    lock = DirectoryLock(directory.path)
    try:
        lock.claim("up", while_waiting=store.ask_to_leave)
    except ShortlinkError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        asyncio.run(serve(directory.path, specs, lock))
    finally:
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
