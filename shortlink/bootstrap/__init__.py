"""Build the service from its settings; the only room that knows every concrete class."""

from __future__ import annotations

from shortlink.bootstrap.archive import build_file_desk, build_record_desk
from shortlink.bootstrap.bounds import build_bounds
from shortlink.bootstrap.doors import (
    ACCEPTS_AT_ONCE,
    ASYNC_REDIRECT_TIMEOUT_SECONDS,
    CODE_SALT,
    REDIRECT_TIMEOUT_SECONDS,
    ArchiveReader,
    RedirectServices,
    Services,
    build,
    build_archive_reader,
    build_line,
    build_link_desk,
    build_redirect,
)
from shortlink.bootstrap.operations import (
    Examination,
    Inspection,
    Transfer,
    open_accounts,
    open_examination,
    open_inspection,
    open_opt_outs,
    open_transfer,
)
from shortlink.bootstrap.rules import build_rules, build_targets
from shortlink.bootstrap.stores import DOOR_TIMEOUT_SECONDS, build_messages, build_opt_outs
from shortlink.bootstrap.telemetry import read_door_settings, read_telemetry
from shortlink.bootstrap.workers import (
    build_callback_desk,
    build_carrier,
    build_house_desk,
    build_outbox,
    build_send_desk,
    build_sender,
    build_teller,
)

__all__ = [
    "ACCEPTS_AT_ONCE",
    "ASYNC_REDIRECT_TIMEOUT_SECONDS",
    "CODE_SALT",
    "DOOR_TIMEOUT_SECONDS",
    "REDIRECT_TIMEOUT_SECONDS",
    "ArchiveReader",
    "Examination",
    "Inspection",
    "RedirectServices",
    "Services",
    "Transfer",
    "build",
    "build_archive_reader",
    "build_bounds",
    "build_callback_desk",
    "build_carrier",
    "build_file_desk",
    "build_house_desk",
    "build_line",
    "build_link_desk",
    "build_messages",
    "build_opt_outs",
    "build_outbox",
    "build_record_desk",
    "build_redirect",
    "build_rules",
    "build_send_desk",
    "build_sender",
    "build_targets",
    "build_teller",
    "open_accounts",
    "open_examination",
    "open_inspection",
    "open_opt_outs",
    "open_transfer",
    "read_door_settings",
    "read_telemetry",
]
