"""What an erasure did, in words, and whether something may be left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortlink.domain.phone import mask_number

_NO_ROW_LEFT = "In the archive: no row left to blank"


def may_be_left(facts: Mapping[str, Any]) -> bool:
    """Whether the number may still stand in a record, in a log file or in the store's file."""
    archive = facts["archive"]
    files_left = archive is not None and (archive["lines"] is None or bool(archive["damaged"]))
    return files_left or facts["unreadable"] > 0 or not facts["log_rewritten"]


def in_words(number: str, facts: Mapping[str, object]) -> str:
    """Say place by place what went, and what is to be done about what stayed."""
    went = f"messages looked at: {facts['looked_at']}; erased: {facts['erased']}"
    lines = [f"{mask_number(number)}: {went}; of these not surely sent, and not sent any more: {facts['cancelled']}."]
    if facts["received"]:
        lines.append(f"Messages that came from it, and lost number and text: {facts['received']}.")
    if facts["unreadable"]:
        lines.append(
            f"Messages that cannot be read, and may still hold it: {facts['unreadable']}."
            " `shortlink audit` names them (I18); mend or delete their records, and erase again."
        )
    archive = facts["archive"]
    if isinstance(archive, dict):
        lines.append(_of_archive(archive))
    simulator = facts["simulator"]
    if isinstance(simulator, dict):
        removed = f"messages removed: {simulator['messages']}; received callbacks removed: {simulator['callbacks']}."
        lines.append(f"In the simulator's database: {removed}")
    if not facts["log_rewritten"]:
        lines.append(
            "The store did not rewrite its append-only file, which still holds what was erased:"
            " run BGREWRITEAOF on it, or let it rewrite the file in its own time."
        )
    lines.append("Backups and the carrier keep their own copies.")
    return "\n".join(lines)


def _of_archive(archive: Mapping[str, Any]) -> str:
    if archive["rows"] is None:
        return "The archive cannot be used now, and nothing was taken out of it: `shortlink doctor` says what is wrong."
    # A recorder that runs hears of the erasure at once, and may have been quicker.
    blanked = f"In the archive: rows blanked: {archive['rows']}" if archive["rows"] else _NO_ROW_LEFT
    if archive["lines"] is not None:
        told = f"{blanked}; lines of log files: {archive['lines']}."
        if not archive["damaged"]:
            return told
        names = ", ".join(archive["damaged"])
        return (
            f"{told}\nLog files that are damaged, and may still hold it: {names}. Mend or remove them, and erase again."
        )
    return (
        f"{blanked}. Its log files of past days cannot be reached now, and may still hold the number:"
        " the recorder takes it out when they can; `shortlink doctor` says what is wrong."
    )
