"""Build the service from its settings; the only room that knows every concrete class."""

from __future__ import annotations

from shortlink.bootstrap.archive import build_file_desk, build_record_desk, has_archive
from shortlink.bootstrap.archive_reader import build_archive_reader
from shortlink.bootstrap.bounds import build_bounds
from shortlink.bootstrap.door_process import begin_door
from shortlink.bootstrap.doors import Services, build, build_line
from shortlink.bootstrap.links import CODE_SALT, RedirectServices, build_redirect
from shortlink.bootstrap.operations import (
    Inspection,
    Transfer,
    open_accounts,
    open_examination,
    open_inspection,
    open_opt_outs,
    open_transfer,
)
from shortlink.bootstrap.telemetry import read_telemetry
from shortlink.bootstrap.workers import (
    build_callback_desk,
    build_carrier,
    build_house_desk,
    build_key_watch,
    build_outbox,
    build_pace,
    build_send_desk,
    build_teller,
)
from shortlink.bootstrap.wrong_settings import ending_on_wrong_settings

__all__ = [
    "CODE_SALT",
    "Inspection",
    "RedirectServices",
    "Services",
    "Transfer",
    "begin_door",
    "build",
    "build_archive_reader",
    "build_bounds",
    "build_callback_desk",
    "build_carrier",
    "build_file_desk",
    "build_house_desk",
    "build_key_watch",
    "build_line",
    "build_outbox",
    "build_pace",
    "build_record_desk",
    "build_redirect",
    "build_send_desk",
    "build_teller",
    "ending_on_wrong_settings",
    "has_archive",
    "open_accounts",
    "open_examination",
    "open_inspection",
    "open_opt_outs",
    "open_transfer",
    "read_telemetry",
]
