"""What the tests of the simulator hold in their hands: a running simulator, and the SDK pointed at it."""

from __future__ import annotations

from typing import Any

import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from shortlink.simulator.account import TwilioAccount

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TWILIO = "https://api.twilio.com"
Sdk: Any = Client  # the SDK's hints are half there: a status is an enum to mypy and a text in fact
Validator: Any = RequestValidator
Json = dict[str, Any]


class LocalHttpClient(TwilioHttpClient):
    """Sends what the SDK means for Twilio to the simulator."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=5)
        self.base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # as its base
        return super().request(method, url.replace(TWILIO, self.base_url, 1), *args, **kwargs)

    def close(self) -> None:
        if self.session:
            self.session.close()


class Simulator:
    """A running simulator, as a test sees it from outside."""

    def __init__(self, url: str, account: TwilioAccount) -> None:
        self.url = url
        self.account = account
        self.messages_url = f"{url}/2010-04-01/Accounts/{account.sid}/Messages"
        self.receipts_url = f"{url}/callbacks/receipts"

    def post(self, **fields: str) -> requests.Response:
        """POST a message; what is not named has a good default."""
        form = {"To": "+818012345678", "From": "+15005550006", "Body": "Hello", **fields}
        return requests.post(f"{self.messages_url}.json", data=form, auth=self.credentials, timeout=5)

    @property
    def credentials(self) -> tuple[str, str]:
        return self.account.sid, self.account.auth_token

    def send(self, **fields: str) -> Json:
        """Create a message that is accepted, with receipts to the simulator's own receiver."""
        answer = self.post(**{"StatusCallback": self.receipts_url, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def fetch(self, sid: str) -> Json:
        answer = requests.get(f"{self.messages_url}/{sid}.json", auth=self.credentials, timeout=5)
        return dict(answer.json())

    def sent(self, to: str = "") -> list[Json]:
        """All messages, newest first."""
        query = {"to": to} if to else {}
        return list(requests.get(f"{self.url}/simulator/messages.json", params=query, timeout=5).json())

    def received(self) -> list[Json]:
        """All callbacks that the receiver got, oldest first."""
        return list(reversed(requests.get(f"{self.url}/simulator/callbacks.json", timeout=5).json()))

    def told(self) -> list[str]:
        """The statuses that receipts told of, in their order."""
        return [callback["fields"]["MessageStatus"] for callback in self.received()]

    def switch(self, **faults: Any) -> None:
        answer = requests.post(f"{self.url}/simulator/faults", json=faults, timeout=5)
        assert answer.status_code == 200, answer.text
