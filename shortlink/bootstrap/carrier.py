"""Build the way to the carrier."""

from __future__ import annotations

from shortlink.carriers import Carrier
from shortlink.carriers.twilio import TwilioCarrier
from shortlink.config import Settings


def build_carrier(settings: Settings) -> Carrier:
    """Build the carrier; nothing is connected before its first use."""
    return TwilioCarrier(
        account_sid=settings.twilio_account_sid or "",
        auth_token=settings.twilio_auth_token or "",
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        base_url=settings.twilio_url,
    )
