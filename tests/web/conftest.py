"""The web doors by Flask's test client, over the real services on a real Valkey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.message import Message
from shortlink.domain.message_id import split_message_id
from shortlink.storage import keys
from shortlink.web.app import create_app
from tests.waiting import wait_until
from tests.web.conformance import ConformingClient
from tests.web.doors import Door

API_URL = "https://api.test"
LINK_URL = "https://sl.test"
SECRET_KEY = "k" * 32
SMS = {"message": "Sale: https://shop.test/sale?a=1 today", "recipient": "+818011234567", "sender": "SHOP"}
FORM = "application/x-www-form-urlencoded"
PROBLEM = "application/problem+json"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """An account at the API door."""

    client: FlaskClient
    sid: str
    token: str

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, auth=(self.sid, self.token), **options)

    def post(self, path: str = "/sms/messages/", **options: Any) -> TestResponse:
        return self.client.post(path, auth=(self.sid, self.token), **options)

    def send(self, **fields: str) -> str:
        """Send a message as a form and return its msgid."""
        answer = self.post(data=SMS | fields)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()[0]["msgid"])

    def status(self, msgid: str) -> dict[str, Any]:
        answer = self.get(f"/sms/messages/{msgid}/")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found


def record_of(msgid: str) -> str:
    """Name the key of a message's record."""
    code, _ = split_message_id(msgid) or ("", "")
    return keys.record(code)


@pytest.fixture
def settings(valkey_url: str, store: redis.Redis) -> Settings:
    return Settings(
        redis_url=valkey_url,
        secret_key=SECRET_KEY,
        api_url=API_URL,
        link_url=LINK_URL,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="twilio-token",
        send_rate=0.0,
        list_rate=0.0,
    )


@pytest.fixture
def services(settings: Settings) -> Services:
    return build(settings)


@pytest.fixture
def open_api(settings: Settings) -> Callable[..., Caller]:
    """Open an API door with some settings changed, and an account at it."""

    def opened(*, own_send_rate: float | None = None, own_list_rate: float | None = None, **changes: Any) -> Caller:
        changed = replace(settings, **changes)
        account = open_accounts(changed).add("Test", send_rate=own_send_rate, list_rate=own_list_rate)
        app = create_app(build(changed))
        app.test_client_class = ConformingClient
        client = app.test_client()
        return Caller(client, account.sid, account.auth_token)

    return opened


@pytest.fixture
def api(open_api: Callable[..., Caller]) -> Caller:
    return open_api()


@pytest.fixture
def tracked(api: Caller, services: Services) -> Message:
    """A message with a short link, as the store has it."""
    return services.messages.get(api.send(track_link="true", lt_callbackurl="https://shop.test/click"))


@pytest.fixture
def lost_store(settings: Settings) -> Settings:
    """Settings that point at a store which is not there."""
    return replace(settings, redis_url="unix:///nonexistent/valkey.sock")


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., Door]]:
    """Start doors as processes of their own."""
    doors: list[Door] = []

    def start(*arguments: str, **variables: str) -> Door:
        door = Door(settings, *arguments, **variables)
        doors.append(door)
        wait_until(door.answers)
        return door

    yield start
    for door in doors:
        door.process.kill()
        door.process.communicate()
