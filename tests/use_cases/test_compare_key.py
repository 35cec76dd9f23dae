"""The secret key and the store: the first one that is seen is the right one."""

from __future__ import annotations

import pytest

from shortlink.storage.connection import Store
from shortlink.storage.key_note import KeyNote
from shortlink.use_cases.compare_key import WRONG_KEY, KeyWatch


def test_another_key_than_the_first_is_told_once_an_hour(client: Store, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    first, other = (KeyWatch(KeyNote(client), check, clock=lambda: now[0]) for check in ("one", "two"))
    first.look()
    other.look()
    first.look()
    assert caplog.text.count(WRONG_KEY) == 1
    other.look()
    assert caplog.text.count(WRONG_KEY) == 1
    now[0] = 3601
    other.look()
    assert caplog.text.count(WRONG_KEY) == 2
