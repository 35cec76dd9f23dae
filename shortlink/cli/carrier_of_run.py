"""Through which carrier a run of `shortlink up` sends, and whether what waits was meant for it."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.domain.errors import ShortlinkError
from shortlink.supervisor.data_directory import DataDirectory


class MeantForAnother(ShortlinkError):
    """Messages wait that were accepted while another carrier was in use."""


def keep_to_carrier(directory: DataDirectory, settings: Settings, *, hand_over: bool) -> None:
    """See to it that what waits goes out through the carrier that it was accepted for, and remember that of this run.

    What was tried out on the simulator would otherwise reach real phones, and cost money. Raises MeantForAnother unless
    it is to be handed over.
    """
    before, now = directory.carrier_account(), settings.twilio_account_sid or ""
    if before not in (None, now) and not hand_over and (waiting := _waiting(settings)):
        raise MeantForAnother(_explained(waiting, before or "", simulated=directory.simulator_account()[0]))
    directory.keep_carrier_account(now)


def _waiting(settings: Settings) -> int:
    from shortlink.bootstrap.operations import open_inspection
    from shortlink.use_cases.count_unsent import count_unsent

    return count_unsent(open_inspection(settings).inspector)


def _explained(waiting: int, before: str, *, simulated: str) -> str:
    wait = "message waits that was" if waiting == 1 else "messages wait that were"
    whose, how = (
        ("the simulator", "without TWILIO_ACCOUNT_SID")
        if before == simulated
        else (f"Twilio's account {before}", "with that account")
    )
    return (
        f"{waiting:,} {wait} accepted for {whose}, and would go out through another carrier: start once more {how}"
        " until they have ended, name another directory with --data, or give --hand-over to send them all the same"
    )
