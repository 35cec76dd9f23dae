"""The visitor: somebody who looks at every page, feed and status in turn, by the API and by the dashboard."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

import requests

from tests.chaos.rig.service import Service
from tests.chaos.rig.tapper import PREVIEW, tap

PATIENCE_SECONDS = 30.0
_API = ("/sms/messages/", "/events/?limit=50", "/metrics", "/readyz", "/openapi.json", "/webhooks/")
_PAGES = ("", "messages", "links", "links.csv", "tags", "logs", "live", "live/news", "replies", "webhooks", "settings")
_EXPECTED = (200, 302, 303, 404, 503)
_FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


class Visitor:
    """Makes one request after the other; `odd` counts the answers that nobody should get."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._browser = requests.Session()
        self._msgids: list[str] = []
        self._turn = cycle([*map(self._api, _API), self._status, *map(self._page, _PAGES), self._preview, self._miss])
        self.odd: Counter[str] = Counter()
        self.looks = 0

    def look(self) -> None:
        """Make the next request."""
        self.looks += 1
        next(self._turn)()

    def close(self) -> None:
        """Give the browser's connections back."""
        self._browser.close()

    def _get(self, path: str, **more: Any) -> requests.Response | None:
        """Ask for something; None where no connection came about or lasted."""
        try:
            answer = self._browser.get(
                f"{self._service.api_url}{path}", timeout=PATIENCE_SECONDS, allow_redirects=False, **more
            )
        except requests.RequestException as error:
            self.odd[f"{path.partition('?')[0]} {type(error).__name__}"] += 1
            return None
        self._judge(path, answer.status_code)
        return answer

    def _judge(self, path: str, status: int) -> None:
        if status not in _EXPECTED:
            self.odd[f"{path.partition('?')[0]} {status}"] += 1

    def _api(self, path: str) -> Callable[[], None]:
        def ask() -> None:
            answer = self._get(path, auth=self._service.installation.auth)
            if answer is not None and answer.status_code == 200 and path == _API[0]:
                self._msgids = [str(one["msgid"]) for one in answer.json()]

        return ask

    def _status(self) -> None:
        for msgid in self._msgids[:3]:
            self._get(f"/sms/messages/{msgid}/", auth=self._service.installation.auth)
            self._get(f"/sms/messages/{msgid}/callbacks/", auth=self._service.installation.auth)
            self._get(f"/dashboard/messages/{msgid}")

    def _page(self, name: str) -> Callable[[], None]:
        def ask() -> None:
            answer = self._get(f"/dashboard/{name}")
            if answer is not None and answer.status_code in (302, 303):
                self._sign_in()

        return ask

    def _sign_in(self) -> None:
        form = self._get("/dashboard/login")
        token = _FORM_TOKEN.search(form.text) if form is not None else None
        if token is None:  # the store is away
            return
        sid, secret = self._service.installation.auth
        answer = self._browser.post(
            f"{self._service.api_url}/dashboard/login",
            data={"form_token": token.group(1), "sid": sid, "token": secret},
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
        )
        self._judge("/dashboard/login", answer.status_code)

    def _preview(self) -> None:
        for msgid in self._msgids[:3]:
            self._judge("a link's preview", tap(self._service.short_url(msgid[:9]), agent=PREVIEW).status)

    def _miss(self) -> None:
        self._judge("no link", tap(self._service.short_url("nobodyhas")).status)
