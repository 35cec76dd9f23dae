"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07)."""

from __future__ import annotations

from flask import abort, request

from shortlink.web.answers import problem
from shortlink.web.wsgi_bridge import REPEATED

IDEMPOTENCY_KEY = "idempotency-key"
MAX_LENGTH = 255


def idempotency_key() -> str | None:
    """Return the key of the current request, if it has one. Aborts with 400."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if IDEMPOTENCY_KEY in request.environ.get(REPEATED, ()):  # which of them is meant, a repeat might say otherwise
        abort(problem(400, "Send one Idempotency-Key: this request has several."))
    try:
        return read_idempotency_key(given)
    except ValueError as error:
        abort(problem(400, str(error)))


def read_idempotency_key(given: str) -> str:
    """Read a key, quoted as its draft says or bare as most clients send it. Raises ValueError."""
    quoted = len(given) > 1 and given[0] == given[-1] == '"'
    key = given[1:-1] if quoted else given
    if not 0 < len(key) <= MAX_LENGTH or not key.isascii() or not key.isprintable():
        raise ValueError(f"Idempotency-Key must be 1 to {MAX_LENGTH} printable ASCII characters.")
    return key
