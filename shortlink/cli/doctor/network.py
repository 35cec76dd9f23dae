"""What the world sees: the two public addresses, their name and their certificate."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests

from shortlink.cli.doctor.finding import Finding, ok, problem, warning
from shortlink.domain.durations import DAY_MS
from shortlink.use_cases.watch_certificate import PATIENCE_SECONDS, certificate_end

SOON_DAYS, NOW_DAYS = 21, 7
_TRUST = (
    "mend the certificate (its whole chain); where it is of an authority of your own, let REQUESTS_CA_BUNDLE and"
    " SSL_CERT_FILE name that one's file"
)
_HEALTH = "/healthz"


def look_at_address(name: str, url: str) -> Iterator[Finding]:
    """Look up a public address, check its certificate if it has one, and ask for a sign of life."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = sorted({str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except OSError as error:
        yield problem(f"{name}: name", f"{host} cannot be looked up ({error})", f"add an A or AAAA record for {host}")
        return
    yield ok(f"{name}: name", f"{host} is {', '.join(found)}")
    if parts.scheme == "https":
        yield look_at_certificate(f"{name}: certificate", host, parts.port or 443)
    yield look_at_health(f"{name}: reachable", url)


def look_at_certificate(name: str, host: str, port: int, context: ssl.SSLContext | None = None) -> Finding:
    """Check a server's certificate as phones do, and how many days it has left."""
    try:
        ends_at = certificate_end(host, port, context)
    except ssl.SSLCertVerificationError as error:
        return problem(name, f"not trusted: {error.verify_message}", f"get a certificate for {host} that phones trust")
    except OSError as error:
        return problem(name, f"no TLS on port {port} ({type(error).__name__})", "see that the proxy is up and open")
    return judge_certificate(name, (ends_at - time.time() * 1000) / DAY_MS)


def judge_certificate(name: str, days: float) -> Finding:
    """Judge the days that a valid certificate has left."""
    seen, mend = f"{days:.0f} days left", "renew it; if that should happen by itself, find out why it did not"
    if days < NOW_DAYS:
        return problem(name, seen, mend)
    return warning(name, seen, mend) if days < SOON_DAYS else ok(name, seen)


def look_at_health(name: str, url: str) -> Finding:
    """Ask an address whether it is ours."""
    mend = "start the door, and let the proxy lead here: see docs/deployment.md#the-proxy"
    try:
        answer = requests.get(url + _HEALTH, timeout=PATIENCE_SECONDS, allow_redirects=False)
        ours = answer.status_code == 200 and answer.json() == {"status": "ok"}
    except requests.exceptions.SSLError:
        return problem(name, f"{url} shows a certificate that this machine does not trust", _TRUST)
    except requests.ConnectionError as error:
        return problem(name, f"{url} does not answer ({type(error).__name__})", mend)
    except requests.Timeout:
        return problem(name, f"{url} does not answer within {PATIENCE_SECONDS:g} s", mend)
    except (requests.RequestException, ValueError):
        ours = False
    return ok(name, f"{url} answers") if ours else problem(name, f"{url} answers, but not as this service", mend)
