"""The other end: the phones that get the messages, and the receiver that gets the callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from shortlink.testing.service import SmsService
from shortlink.testing.waiting import PATIENCE_SECONDS, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """A message as it arrived at a phone; `links` are those that can be tapped."""

    id: str
    to: str
    sender: str
    text: str
    links: tuple[str, ...]
    segments: int
    status: str

    @property
    def link(self) -> str:
        """The first link. Raises AssertionError when there is none."""
        assert self.links, f"there is no link in {self.text!r}"  # noqa: S101  # it is for tests
        return self.links[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """What a tap was answered: 302 and where it leads, or 404, 410 and the like."""

    status: int | None
    location: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackReceived:
    """One POST to an address of `SmsService.callback_url`. Every try of one event has the same `event_id`."""

    event_id: str
    path: str
    fields: Mapping[str, Any]
    headers: Mapping[str, str]
    body: str
    verified: bool | None
    answered: int


class Handset:
    """Every recipient's phone, and the receiver of callbacks."""

    def __init__(self, service: SmsService) -> None:
        self._url = service.simulator_url
        self._session = requests.Session()
        self._session.trust_env = False

    def messages(self, to: str | None = None) -> list[Sms]:
        """List what has arrived, oldest first; of one number if `to` is given."""
        found = self._get("/simulator/messages.json", {"to": to} if to else {})
        return [_sms(one) for one in reversed(found)]

    def wait_for_message(
        self, to: str | None = None, *, containing: str = "", seconds: float = PATIENCE_SECONDS
    ) -> Sms:
        """Wait for a message and return the newest. Raises AssertionError when none comes in time."""

        def look() -> Sms | None:
            return next((one for one in reversed(self.messages(to)) if containing in one.text), None)

        return wait_until(look, seconds, lambda: f"a message{f' to {to}' if to else ''}")

    def tap(self, sms: Sms, link: str | None = None, *, by: str = "person") -> Tapped:
        """Open a link of a message, its first one unless given, and follow nothing.

        `by` is `person`, `iphone-preview`, `samsung-preview`, `google-preview`, `scanner` or `curl`.
        """
        form = {"sid": sms.id, "url": link or sms.link, "visitor": by}
        answer = self._session.post(
            f"{self._url}/handset/taps", data=form, headers={"Accept": "application/json"}, timeout=PATIENCE_SECONDS
        )
        answer.raise_for_status()
        found = answer.json()
        return Tapped(status=found["status"], location=found["location"], error=found["error"])

    def callbacks(self, path: str | None = None) -> list[CallbackReceived]:
        """List every POST that was received, oldest first; below one path if it is given."""
        found = [_callback(one) for one in reversed(self._get("/simulator/callbacks.json", {}))]
        return [one for one in found if path is None or one.path.strip("/") == path.strip("/")]

    def wait_for_callback(
        self, path: str | None = None, *, kind: str | None = None, seconds: float = PATIENCE_SECONDS
    ) -> CallbackReceived:
        """Wait for a callback that was answered 200, `kind` being `click` or `delivery`. Raises AssertionError."""

        def look() -> CallbackReceived | None:
            good = [one for one in self.callbacks(path) if one.answered == 200]
            return next((one for one in good if kind in (None, one.fields.get("kind"))), None)

        return wait_until(look, seconds, lambda: f"a {kind or ''} callback".replace("  ", " "))

    def clear(self) -> None:
        """Forget all messages and callbacks."""
        for kind in ("messages", "callbacks"):
            self._session.delete(f"{self._url}/simulator/{kind}", timeout=PATIENCE_SECONDS).raise_for_status()

    def _get(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        answer = self._session.get(self._url + path, params=dict(params), timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


def _sms(given: Mapping[str, Any]) -> Sms:
    return Sms(
        id=given["sid"],
        to=given["to"],
        sender=given["from"] or "",
        text=given["body"],
        links=tuple(given["links"]),
        segments=given["segments"],
        status=given["status"],
    )


def _callback(given: Mapping[str, Any]) -> CallbackReceived:
    return CallbackReceived(
        event_id=given["event_id"],
        path=given["path"],
        fields=given["fields"] or {},
        headers=given["headers"],
        body=given["body"],
        verified=given["verified"],
        answered=given["answered"],
    )
