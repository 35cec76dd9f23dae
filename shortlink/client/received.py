"""Callbacks as their receiver sees them: is it genuine, and what does it tell?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from shortlink.client.errors import InvalidSignature

TOLERANCE_SECONDS = 300
MOST_DIGITS = 15  # of a time in seconds: more cannot be meant, and might be more than a number can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCallback:
    """A genuine callback. `id` is the same on every try of one event: note it, and do nothing twice."""

    id: str
    sent_at: int  # seconds since 1970, of this try
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """`click` or `delivery`; of a webhook, its event type."""
        return str(self.fields.get("kind") or self.fields.get("type") or "")

    @property
    def msgid(self) -> str:
        """The message it is about."""
        data = self.fields.get("data")
        nested = data.get("msgid") if isinstance(data, Mapping) else None
        return str(self.fields.get("msgid") or nested or "")


def verify_callback(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str | Sequence[str],
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> ReceivedCallback:
    """Check the signature of a callback or webhook and read its fields, from a form or JSON.

    `body` is the raw body, read before a framework parses it. Give several secrets while one is being replaced. Raises
    InvalidSignature, which says what was wrong and never what would be right.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    event, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event or not sent_at.isascii() or not sent_at.isdigit() or len(sent_at) > MOST_DIGITS:
        raise InvalidSignature("the headers webhook-id and webhook-timestamp are missing or malformed")
    if abs((time.time() if now is None else now) - int(sent_at)) > tolerance_seconds:
        raise InvalidSignature("its time is too far from ours; a replay, or a clock that is wrong")
    secrets = [secret] if isinstance(secret, str) else list(secret)
    signed = f"{event}.{sent_at}.".encode(errors="replace") + raw
    if not _matches(secrets, signed, given.get("webhook-signature", "").split()):
        raise InvalidSignature("no signature fits the secret and the raw body")
    return ReceivedCallback(id=event, sent_at=int(sent_at), fields=_fields(given.get("content-type", ""), raw))


def _matches(secrets: Sequence[str], signed: bytes, signatures: Sequence[str]) -> bool:
    expected = [_sign(secret, signed).encode() for secret in secrets]
    given = [one.encode(errors="replace") for one in signatures]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def _sign(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _fields(content_type: str, raw: bytes) -> dict[str, Any]:
    """Read the body by its type; a body without one is told by its first character."""
    text = raw.decode(errors="replace")
    if "json" in content_type or (not content_type and text.lstrip()[:1] == "{"):
        try:
            content = json.loads(text)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {"items": content}
    return dict(parse_qsl(text, keep_blank_values=True))
