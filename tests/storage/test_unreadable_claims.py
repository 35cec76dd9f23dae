"""When a claim is taken back that is of an unreadable record."""

from __future__ import annotations

import pytest

from shortlink.domain.errors import RecordUnreadable
from shortlink.storage.unreadable_claims import unclaiming_unreadable

LONG_MS = 600_000


def is_taken_back(error: Exception, *, lease_ms: int) -> bool:
    asked: list[str] = []
    with pytest.raises(type(error)), unclaiming_unreadable(lambda: asked.append("unclaim"), lease_ms=lease_ms):
        raise error
    return bool(asked)


def test_a_claim_is_taken_back_where_a_field_or_a_text_of_its_record_cannot_be_read() -> None:
    assert is_taken_back(RecordUnreadable("abcdefghj", "a field is missing"), lease_ms=LONG_MS)
    assert is_taken_back(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text"), lease_ms=LONG_MS)


def test_a_claim_whose_lease_may_have_passed_to_another_is_left_alone() -> None:
    assert not is_taken_back(RecordUnreadable("abcdefghj", "a field is missing"), lease_ms=0)


def test_a_claim_that_failed_for_another_reason_is_left_alone() -> None:
    assert not is_taken_back(ConnectionError("the store is away"), lease_ms=LONG_MS)
