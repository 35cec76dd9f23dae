"""The pages of settings and of API keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.web.dashboard.conftest import Reader


def test_settings_take_only_what_they_offer(reader: Reader) -> None:
    assert reader.post("/settings", on_unknown="hold").status_code == 303
    assert reader.accounts.get(reader.sid).hold_unconfirmed
    assert reader.post("/settings", on_unknown="burn", send_rate="0").status_code == 400
    assert reader.accounts.get(reader.sid).hold_unconfirmed


def test_secret_is_shown_on_request_and_replaced(reader: Reader) -> None:
    secret = reader.accounts.secret(reader.sid)
    assert secret not in reader.page("/keys")
    assert secret in reader.post("/keys/secret/show").text
    changed = reader.post("/keys/secret").text
    assert secret not in changed
    assert reader.accounts.secret(reader.sid) in changed


def test_a_single_day_is_no_plural(open_dashboard: Callable[..., Reader]) -> None:
    page = open_dashboard(link_ttl_days=1, text_days=1).page("/settings")
    assert re.findall(r"<dd>(1 days?)</dd>", page) == ["1 day", "1 day"]
