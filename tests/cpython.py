"""A fault of Python before 3.11.8 that ends test runs at random, kept away."""

from __future__ import annotations

import ast
import gc
import sys
import threading
from functools import wraps
from typing import Any

FAULTY = sys.version_info < (3, 11, 8)
"""Whether two syntax trees made at once spoil each other: `SystemError: AST constructor recursion depth mismatch`.

One counter serves the whole process (https://github.com/python/cpython/issues/106905). Both werkzeug's routes and
tracebacks are made by way of such trees. The collector may run in the middle of one, and with it finalizers and other
threads, which make trees too; a service makes its routes once, alone, but tests make hundreds among their threads.
"""


def one_tree_at_a_time() -> None:
    """Let `ast.parse` neither overlap nor be interrupted by the collector, if this Python needs it."""
    if FAULTY:
        ast.parse = _alone(ast.parse)


def _alone(parse: Any) -> Any:
    turn = threading.RLock()

    @wraps(parse)
    def parsed(*args: Any, **kwargs: Any) -> Any:
        with turn:
            collects = gc.isenabled()
            gc.disable()
            try:
                return parse(*args, **kwargs)
            finally:
                if collects:
                    gc.enable()

    return parsed
