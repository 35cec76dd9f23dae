"""The dashboard by Flask's test client, signed in, over an archive with a short past."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.web.app import create_app
from shortlink.web.dashboard.cookies import SESSION

_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')

SESSION_COOKIE = f"__Host-{SESSION}"  # these tests' API has an https address


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody in front of the dashboard."""

    client: FlaskClient
    services: Services
    accounts: AccountDesk
    log: EventLog
    sid: str
    token: str

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(f"/dashboard{path}", **options)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return answer.text

    def form_token(self, path: str = "/settings") -> str:
        found = _TOKEN.search(self.get(path).text)
        assert found is not None
        return found.group(1)

    def post(self, path: str, *, form: str = "/settings", **fields: str) -> TestResponse:
        return self.client.post(f"/dashboard{path}", data={"form_token": self.form_token(form), **fields})

    def search(self, **fields: str) -> str:
        """Search as the form does, and give the address that it leads to."""
        answer = self.post("/messages", form="/messages", **fields)
        assert answer.status_code == 303
        return str(answer.location).removeprefix("/dashboard")

    def sign_in(self, sid: str = "", token: str = "", **fields: str) -> TestResponse:
        return self.post("/login", form="/login", sid=sid or self.sid, token=token or self.token, **fields)


@pytest.fixture
def open_dashboard(settings: Settings, tmp_path: Path) -> Callable[..., Reader]:
    """Open a dashboard with some settings changed, with an account that may not be signed in yet."""

    def opened(*, signed_in: bool = True, **changes: Any) -> Reader:
        changed = replace(settings, **{"archive_dir": tmp_path / "archive", **changes})
        accounts, services = open_accounts(changed), build(changed)
        account = accounts.add("Shop <b>&")
        log = EventLog(Archive(tmp_path / "archive"))
        if changed.archive_dir:
            log.append([])
        client = create_app(services).test_client()
        reader = Reader(client, services, accounts, log, account.sid, account.auth_token)
        if signed_in:
            assert reader.sign_in().status_code == 303
        return reader

    return opened


@pytest.fixture
def reader(open_dashboard: Callable[..., Reader]) -> Reader:
    return open_dashboard()


@pytest.fixture
def visitor(open_dashboard: Callable[..., Reader]) -> Reader:
    return open_dashboard(signed_in=False)


@pytest.fixture
def now() -> int:
    return int(time.time() * 1000)
