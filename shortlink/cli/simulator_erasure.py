"""Remove a number from the simulator's database of a data directory."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from urllib.parse import urlencode, urlsplit

from shortlink.domain.errors import ShortlinkError
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock

_PATIENCE_SECONDS = 30.0


class SimulatorKeepsIt(ShortlinkError):
    """The simulator's database could not be cleaned."""


def erase_from_simulator(directory: DataDirectory, number: str) -> dict[str, int] | None:
    """Clean the simulator's database, through the simulator when it runs; None when there is none.

    Raises SimulatorKeepsIt.
    """
    file = directory.simulator_messages
    if not file.exists():
        return None
    occupant = DirectoryLock(directory.path).occupant()
    if occupant is not None and occupant.command == "up":
        if occupant.simulator_url is None:
            raise SimulatorKeepsIt("`shortlink up` is still starting; run this again for the simulator's database")
        return _ask_simulator(occupant.simulator_url, number)
    command = [sys.executable, "-m", "shortlink.simulator.erasure", str(file)]
    ended = subprocess.run(command, input=f"{number}\n", capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SimulatorKeepsIt(f"the simulator's database still holds the number: {ended.stderr.strip()}")
    return _counts(ended.stdout)


def _ask_simulator(url: str, number: str) -> dict[str, int]:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        line.request("POST", "/simulator/erase", body=urlencode({"number": number}), headers=form)
        return _counts(line.getresponse().read(65536))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SimulatorKeepsIt(
            f"the simulator's database still holds the number: the simulator does not answer ({type(error).__name__})"
        ) from error
    finally:
        line.close()


def _counts(text: str | bytes) -> dict[str, int]:
    return {name: int(count) for name, count in json.loads(text).items()}
