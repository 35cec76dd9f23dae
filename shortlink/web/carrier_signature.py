"""Whether the carrier itself made a request."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from shortlink.web.context import services


def signed_by_carrier(form: Mapping[str, str]) -> bool:
    """Check the signature of the current request, whose form this is, in constant time.

    The URL is the configured one, never built from the Host header, which anybody can write. Without a token
    nothing can have been signed.
    """
    settings, reader = services().settings, services().receipts
    query = request.query_string.decode("latin-1")
    url = settings.api_url + request.path + (f"?{query}" if query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(settings.twilio_auth_token) and reader.receipt_is_genuine(url, form, signature)
