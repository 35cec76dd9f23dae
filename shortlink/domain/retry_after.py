"""The wish of a server to be left alone for a while: the header Retry-After."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST_SECONDS = 86_400.0


def read_retry_after(value: str | None, *, now: float) -> float | None:
    """Read a Retry-After header, seconds or a date, as seconds from `now` (a Unix time), at most a day.

    A date without a zone is in UTC. Anything else is None: a wish that cannot be read is no wish.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return min(float(text[:400]), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, 0.0), LONGEST_SECONDS)
