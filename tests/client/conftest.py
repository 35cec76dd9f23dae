"""A service to talk to: the real API door on a socket, or one that answers as scripted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from werkzeug.wrappers import Request, Response

from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.operations import open_accounts
from shortlink.client import Client
from shortlink.config import Settings
from shortlink.web.app import create_app
from tests.client.serving import Service, serving


@dataclass
class Script:
    """A service that gives these answers, one after another, and keeps what it was asked."""

    answers: list[Response]
    asked: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        request.get_data(cache=True)
        self.asked.append(request)
        return self.answers.pop(0)(environ, start)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def answer(status: int, content: Any = None, **headers: str) -> Response:
    body = "" if content is None else json.dumps(content)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, headers=named, content_type="application/json")


@pytest.fixture
def script() -> Iterator[Callable[..., tuple[str, Script]]]:
    """Start a scripted service; gives its address and the script."""
    opened = []

    def start(*answers: Response) -> tuple[str, Script]:
        made = Script(list(answers))
        service = serving(made)
        opened.append(service)
        return service.__enter__(), made

    yield start
    for service in opened:
        service.__exit__(None, None, None)


@pytest.fixture
def settings(valkey_url: str, store: redis.Redis) -> Settings:
    return Settings(redis_url=valkey_url, secret_key="k" * 32, send_rate=0.0, list_rate=0.0)


@pytest.fixture
def services(settings: Settings) -> Services:
    return build(settings)


@pytest.fixture
def service(settings: Settings, services: Services) -> Iterator[Service]:
    """The real API door with an account."""
    account = open_accounts(settings).add("shop")
    with serving(create_app(services)) as url:
        yield Service(url, account.sid, account.auth_token)


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.url, service.sid, service.token) as made:
        yield made
