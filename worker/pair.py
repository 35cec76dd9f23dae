"""Both workers as children of one process: one that ends is started again, and all end together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable

from shortlink.domain.restart_wait import RestartWait
from worker.signals import stop_on_signals

log = logging.getLogger("worker")
WRONG_SETTINGS = 2  # an exit code that no new start makes better
_WELL = (0, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)  # by a signal: told to stop before it listened to any


class Pair:
    """Runs a child for each name; `start` starts one."""

    def __init__(self, names: Iterable[str], start: Callable[[str], subprocess.Popen[bytes]]) -> None:
        self._names = tuple(names)
        self._start = start
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._began: dict[str, float] = {}
        self._wait = RestartWait()
        self._stopping = False

    def stop(self, *_: object) -> None:
        """Tell the children to stop; safe in a signal handler. A second call changes nothing: it would kill them."""
        if not self._stopping:
            self._stopping = True
            for child in self._children.values():
                child.terminate()

    def run(self) -> int:
        """Keep the children running until told to stop, and give the exit code: 0 when all ended well."""
        stop_on_signals(self.stop)
        for name in self._names:
            self._begin(name)
        while not self._stopping:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            for name in self._names:
                self._look_after(name)
        codes = [child.wait() for child in self._children.values()]
        return max(0 if code in _WELL else abs(code) for code in codes)

    def _begin(self, name: str) -> None:
        self._began[name] = time.monotonic()
        self._children[name] = child = self._start(name)
        if self._stopping:  # told to stop meanwhile, when it was not among them yet
            child.terminate()

    def _look_after(self, name: str) -> None:
        code = self._children[name].poll()
        if code is None or self._stopping:
            return
        if code == WRONG_SETTINGS:
            self.stop()
            return
        wait = self._wait.after(time.monotonic() - self._began[name])
        log.warning("the worker of %s ended with %d; starting it again", name, code)
        time.sleep(wait)
        if not self._stopping:
            self._begin(name)
