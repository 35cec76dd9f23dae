"""How many log files may be on their way at once."""

from __future__ import annotations

import pytest

from shortlink.domain.errors import TooManyDownloads
from shortlink.use_cases.download_gate import DownloadGate


def test_one_account_leaves_room_for_others_and_gets_its_own_back() -> None:
    gate = DownloadGate(most=4, most_of_one=2)
    gate.enter("SLone")
    gate.enter("SLone")
    with pytest.raises(TooManyDownloads, match="2 of your files"):
        gate.enter("SLone")
    gate.enter("SLtwo")
    gate.leave("SLone")
    gate.enter("SLone")


def test_all_together_are_bounded() -> None:
    gate = DownloadGate(most=3, most_of_one=2)
    for sid in ("SLone", "SLtwo", "SLthree"):
        gate.enter(sid)
    with pytest.raises(TooManyDownloads, match="3 files"):
        gate.enter("SLfour")
    gate.leave("SLtwo")
    gate.enter("SLfour")
