"""When the certificate of a public address ends, as those who open it see it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from shortlink.domain.durations import HOUR_MS

PATIENCE_SECONDS: Final = 5.0
LOOK_MS: Final = HOUR_MS  # between two looks


def certificate_end(host: str, port: int, context: ssl.SSLContext | None = None) -> int:
    """Look when a server's certificate ends, in UTC ms, checking it as phones do.

    Raises ssl.SSLCertVerificationError when it is not trusted, which an ended one is not, and OSError without TLS.
    """
    trust = context or ssl.create_default_context()
    with (
        socket.create_connection((host, port), PATIENCE_SECONDS) as line,
        trust.wrap_socket(line, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
    return int(ssl.cert_time_to_seconds(str(certificate["notAfter"])) * 1000)


class CertificateWatch:
    """Knows when the certificate of an https address ends, without ever making the asker wait.

    It looks once an hour at most, beside the question, and only as long as somebody asks. While the address does not
    answer, what was seen last stands.
    """

    def __init__(self, url: str, look: Callable[[str, int], int] | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._look = look or certificate_end
        self._lock = threading.Lock()
        self._asked_at: int | None = None
        self._ends_at: int | None = None

    def seconds_left(self, now: int) -> float | None:
        """Say how long it is still good at a time in UTC ms: 0 when not trusted, None before anything is known."""
        with self._lock:
            if self._asked_at is None or now - self._asked_at >= LOOK_MS:
                self._asked_at = now
                threading.Thread(target=self._note, name="certificate-watch", daemon=True).start()
        return None if self._ends_at is None else max(0, self._ends_at - now) / 1000

    def _note(self) -> None:
        try:
            self._ends_at = self._look(self._host, self._port)
        except ssl.SSLCertVerificationError:
            self._ends_at = 0
        except (OSError, ValueError):
            return  # whether the address answers is for others to watch
