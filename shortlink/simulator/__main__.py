"""`python -m shortlink.simulator`: run the simulator."""

from __future__ import annotations

import sys

from shortlink.simulator.server import main

if __name__ == "__main__":
    sys.exit(main())
