"""`shortlink doctor`: look at everything an installation needs, and say what is wrong and how to mend it."""

from __future__ import annotations

from shortlink.cli.doctor.command import doctor as doctor
