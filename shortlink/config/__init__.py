"""Configuration: the only room that reads the environment.

`settings.py` is the table of all settings, `kinds.py` how each kind of value is written, and `variables.py`, the only
module that touches the environment, reads the one by the other.
"""

from __future__ import annotations

from shortlink.config.settings import Settings
from shortlink.config.variables import OTHER_VARIABLES, environment, no_settings

__all__ = ["OTHER_VARIABLES", "Settings", "environment", "no_settings"]
