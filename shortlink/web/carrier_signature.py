"""What the carrier itself posted."""

from __future__ import annotations

from flask import request

from shortlink.web.context import services


def signed_form() -> dict[str, str] | None:
    """Read the form of the current request; None unless the carrier signed it.

    A parameter that comes with several values is signed with all of them, in an order of its own, so that nobody
    can tell which one is meant: it is left out.
    """
    if not _is_signed(list(request.form.items(multi=True))):
        return None
    return {name: values[0] for name, values in request.form.lists() if len(set(values)) == 1}


def _is_signed(parameters: list[tuple[str, str]]) -> bool:
    """Check the signature of the current request in constant time.

    The URL is the configured one, never built from the Host header, which anybody can write. Without a token
    nothing can have been signed.
    """
    settings, reader = services().settings, services().receipts
    query = request.query_string.decode("latin-1")
    url = settings.api_url + request.path + (f"?{query}" if query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(settings.twilio_auth_token) and reader.receipt_is_genuine(url, parameters, signature)
