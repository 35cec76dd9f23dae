"""What a view knows beside its request: the services of its door and the account that calls."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, g

from shortlink.bootstrap.doors import Services
from shortlink.domain.account import Account

_EXTENSION = "shortlink"


def install(app: Flask, services: Services) -> None:
    """Give a door its services."""
    app.extensions[_EXTENSION] = services


def services() -> Services:
    """Return the services of the door that answers this request."""
    return cast(Services, current_app.extensions[_EXTENSION])


def set_account(account: Account) -> None:
    """Note who makes this request."""
    g.account = account


def account() -> Account:
    """Return who makes this request; only for views behind the authentication."""
    return cast(Account, g.account)


def set_request_id(identifier: str) -> None:
    """Note under which id this request is logged."""
    g.request_id = identifier


def request_id() -> str:
    """Return the id under which this request is logged."""
    return cast(str, g.get("request_id", "-"))
