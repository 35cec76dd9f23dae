"""The one account that is played, and the signatures made with its token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """The account whose SDK calls are answered; the API key, if there is one, may stand in for the token."""

    sid: str
    auth_token: str = field(repr=False)
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)

    def admits(self, user: str | None, password: str | None) -> bool:
        """Whether these are the account's credentials, compared in constant time."""
        given = f"{user}:{password}".encode()
        known = [f"{self.sid}:{self.auth_token}"]
        if self.api_key and self.api_secret:
            known.append(f"{self.api_key}:{self.api_secret}")
        return any(hmac.compare_digest(given, pair.encode()) for pair in known)

    def sign(self, url: str, fields: Mapping[str, str]) -> str:
        """Make the X-Twilio-Signature of a form POST: HMAC-SHA1 over the exact URL and the sorted fields."""
        text = url + "".join(name + fields[name] for name in sorted(fields))
        return base64.b64encode(hmac.new(self.auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def verify_webhook(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool | None:
    """Check a Standard Webhooks signature; `headers` has lower-case names. None: there is nothing to check.

    True if any of the space-separated signatures was made with any of the `whsec_` secrets.
    """
    signatures = headers.get("webhook-signature", "")
    if not secrets or not signatures:
        return None
    content = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    expected = [_webhook_signature(secret, content) for secret in secrets]
    given = signatures.split(" ")
    return any(hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given)


def _webhook_signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
