"""Which account a session opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortlink.domain.account import Account
from shortlink.domain.session import SESSION_MS, begin_session

KEY = b"k" * 32
NOW = 1_795_000_000_000
ACCOUNT = Account(sid="SLone", name="One", token_hash="h", created_at=1)


def test_a_session_opens_its_own_account_until_its_end() -> None:
    session = begin_session(ACCOUNT, now=NOW, key=KEY)
    assert session.opens(ACCOUNT, now=NOW + SESSION_MS - 1, key=KEY)
    assert not session.opens(ACCOUNT, now=NOW + SESSION_MS, key=KEY)


@pytest.mark.parametrize(
    "changes", [{"disabled": True}, {"disabled_at": NOW + 1}, {"token_hash": "other"}, {"sid": "SLtwo"}]
)
def test_a_session_opens_no_account_that_is_closed_changed_or_another(changes: dict[str, object]) -> None:
    session = begin_session(ACCOUNT, now=NOW, key=KEY)
    assert not session.opens(replace(ACCOUNT, **changes), now=NOW, key=KEY)  # type: ignore[arg-type]
