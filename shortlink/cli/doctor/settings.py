"""What the settings say by themselves, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shortlink.cli.doctor.finding import Finding, ok, problem, warning
from shortlink.domain.public_address import reachable_from_outside

if TYPE_CHECKING:
    from shortlink.config import Settings


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """Look at the two public addresses, the carrier's account and the times that have to fit each other."""
    yield _address("API address", "SHORTLINK_API_URL", settings.api_url, "Twilio cannot report deliveries to it")
    yield _address("link address", "SHORTLINK_LINK_URL", settings.link_url, "phones cannot open the short links")
    yield _proxies(settings)
    yield _carrier(settings)
    yield _times(settings)


def _address(name: str, variable: str, url: str, consequence: str) -> Finding:
    if not reachable_from_outside(url):
        return warning(name, f"{url} leads nowhere outside: {consequence}", f"set {variable} to a public https address")
    if urlsplit(url).scheme != "https":
        return warning(name, f"{url} is not encrypted", f"put a proxy with TLS in front, and https:// into {variable}")
    return ok(name, url)


def _proxies(settings: Settings) -> Finding:
    behind = urlsplit(settings.link_url).scheme == "https" or urlsplit(settings.api_url).scheme == "https"
    if behind and settings.trusted_proxies == 0:
        return warning(
            "proxies",
            "https addresses, but no proxy is trusted: every tap seems to come from the proxy",
            "set SHORTLINK_TRUSTED_PROXIES=1, and let the proxy overwrite X-Forwarded-For",
        )
    return ok("proxies", f"{settings.trusted_proxies} trusted")


def _carrier(settings: Settings) -> Finding:
    if not settings.twilio_account_sid:
        return problem(
            "carrier account",
            "no account is set: nothing can be sent",
            "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, see docs/deployment.md#twilio",
        )
    return ok("carrier account", f"{settings.twilio_account_sid[:6]}…")


def _times(settings: Settings) -> Finding:
    longest = max(40.0, settings.callback_timeout * 2)
    if settings.lease_seconds <= longest:
        return problem(
            "lease",
            f"{settings.lease_seconds:g} s is not longer than the calls it must outlast",
            f"set SHORTLINK_LEASE_SECONDS above {longest:g}",
        )
    return ok("lease", f"{settings.lease_seconds:g} s outlasts every call")
