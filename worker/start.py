"""What every process of this package does first."""

from __future__ import annotations

import logging
import sys

from shortlink.bootstrap import Services, build
from shortlink.config import Settings
from shortlink.domain.errors import SettingsError
from shortlink.lifeline import die_with_parent

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def begin() -> Services:
    """Read the settings, tie this process to its parent, set up its log. Wrong settings are told and end it with 2."""
    try:
        services = build(Settings.from_env())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
    die_with_parent()
    logging.basicConfig(level=services.settings.log_level, format=LOG_FORMAT)
    return services
