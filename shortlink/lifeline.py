"""The lifeline: how a process makes sure that it ends when the process that started it is gone.

Called by every process a server forks for itself, by the supervisor in each child it starts, and by the long-lived
processes whose parent has asked for it: one that was put in the background outlives the shell it was started from.
It knows nothing of this service.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping

_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.5
_TIED_TO = "LIFELINE_PARENT"  # the process id of the parent that asked
_ON_LINUX = sys.platform == "linux"
# Loaded at import: between fork and exec, where the supervisor needs it, nothing should be loaded any more.
_LIBC = ctypes.CDLL(None, use_errno=True) if _ON_LINUX else None
_watching: set[int] = set()
_leader: list[int] = []


def lead() -> None:
    """Note that this process forks others, which are to end with it: one may be killed before the other asks."""
    _leader[:] = [os.getpid()]


def die_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Send this process `death_signal` as soon as the process that started it has died, however it died.

    On Linux the kernel does it, at once and even to a stuck process; it means the *thread* that started this one, so
    long-lived processes are started from a main thread. It survives exec, but not fork: a forked process asks again.
    Elsewhere a thread looks twice a second. A second call replaces the signal and starts no second thread.
    """
    parent = _leader[0] if _leader and _leader[0] != os.getpid() else os.getppid()
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died while we asked: the kernel will not tell us any more
            os.kill(os.getpid(), death_signal)
    elif os.getpid() not in _watching:
        _watching.add(os.getpid())
        threading.Thread(target=_watch, args=(parent, death_signal), name="lifeline", daemon=True).start()


def tied(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a process that we start ends with us, if it calls `die_with_parent_if_asked`.

    What that process starts in turn is not tied to anybody by it.
    """
    return {**environment, _TIED_TO: str(os.getpid())}


def die_with_parent_if_asked(environment: Mapping[str, str]) -> None:
    """Do what `die_with_parent` does if the process that started this one has asked for it in our environment."""
    if environment.get(_TIED_TO) == str(os.getppid()):
        die_with_parent()


def _watch(parent: int, death_signal: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), death_signal)
