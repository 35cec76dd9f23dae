"""What `shortlink up` prints once everything accepts connections: a line for programs, or a screen for people."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

import click

DEMO_RECIPIENT = "+818011234567"
NOBODY = "YOUR_NUMBER"  # in place of it where a message costs money, and +818011234567 may be a person: it is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Everything a first message needs."""

    api_url: str
    link_url: str
    simulator_url: str
    sid: str
    auth_token: str | None = field(repr=False)  # None where it is not known here
    webhook_secret: str = field(repr=False)
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    redis_url: str = field(repr=False)
    through_twilio: bool = False
    real: bool = False  # messages cost money: a server in Twilio's place takes them for nothing
    public: bool = False
    unlimited: bool = False
    for_new_token: str = ""  # the command that makes a token which is known here
    for_limit: str = ""  # the command that limits what the account sends

    def as_json(self) -> str:
        """One line for programs."""
        names = (
            "api_url", "link_url", "simulator_url", "sid", "auth_token", "webhook_secret",
            "twilio_account_sid", "twilio_auth_token", "redis_url",
        )  # fmt: skip
        values: dict[str, Any] = {"ready": True} | {name: getattr(self, name) for name in names}
        return json.dumps(values)

    def curl(self) -> str:
        """A command that sends a tracked message; one line, so that pasting it is safe everywhere."""
        fields = {
            "recipient": NOBODY if self.real else DEMO_RECIPIENT,
            "sender": "shortlink",
            "message": f"Your parcel is on its way: {self.simulator_url}/landing See you soon!",
            "track_link": "true",
            "callbackurl": f"{self.simulator_url}/callbacks/demo",
            "lt_callbackurl": f"{self.simulator_url}/callbacks/demo",
        }
        words = ["curl", "-u", f"{self.sid}:{self.auth_token or 'YOUR_TOKEN'}", f"{self.api_url}/sms/messages/"]
        for name, value in fields.items():
            words += ["--data-urlencode", f"{name}={value}"]
        return shlex.join(words)

    def show(self) -> None:
        """Print the screen for people."""
        ready = click.style("shortlink is ready.", bold=True, fg="green")
        click.echo(f"\n{ready}  Ctrl-C stops it; the data stays.\n")
        for label, value, hint in self._rows():
            row = f"  {click.style(f'{label:<16}', bold=True)}{value}"
            click.echo(f"{row}   {click.style(hint, dim=True)}" if hint else row)
        click.echo(
            f"\n{click.style('Send a message', bold=True)} (paste this into another terminal):{self._where_to()}\n"
        )
        click.echo(self.curl() + "\n")

    def _rows(self) -> list[tuple[str, str, str]]:
        handset = f"not in use: messages go to {'real phones' if self.real else 'SHORTLINK_TWILIO_URL'}"
        if not self.through_twilio:
            handset = "read messages, tap links"
        return [
            ("API", f"{self.api_url}/sms/messages/", ""),
            ("Dashboard", f"{self.api_url}/dashboard/", "log in with SID and token"),
            ("Handset", f"{self.simulator_url}/handset/", handset),
            ("Callbacks", f"{self.simulator_url}/callbacks/", "what was POSTed to you"),
            ("SID", self.sid, ""),
            ("Token", self.auth_token or "yours", "" if self.auth_token else self._about_token()),
            ("Webhook secret", self.webhook_secret, ""),
        ]

    def _about_token(self) -> str:
        return f"not known here; `{self.for_new_token}` makes one that is"

    def _where_to(self) -> str:
        if not self.through_twilio:
            return ""
        note = ""
        if self.real:
            note = f"\nTwilio is the carrier: this costs money. Put your own number for {NOBODY}, such as +8180…"
            if self.unlimited:
                note += f"\nNothing limits what this account sends: `{self.for_limit}` does."
        if not self.public:
            note += (
                "\nTwilio cannot reach this machine: without a public SHORTLINK_API_URL, statuses are fetched instead."
            )
        return note
