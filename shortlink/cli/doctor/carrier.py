"""Whether the carrier answers us, and what stands behind it when it does not."""

from __future__ import annotations

from shortlink.cli.doctor.finding import Finding, ok, problem
from shortlink.domain.errors import CarrierError, CarrierRejectsUs


def judge_answer(name: str, error: CarrierError | None) -> Finding:
    """Judge what the carrier answered to our credentials; None stands for a good answer."""
    if error is None:
        return ok(name, "accepted")
    if isinstance(error, CarrierRejectsUs):
        mend = "compare TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN with the carrier's console"
    else:
        mend = (
            "see that this machine reaches it (name look-up, firewall, SHORTLINK_TWILIO_URL) and what its status page"
        )
        mend += " says; messages wait meanwhile, and are sent by themselves"
    return problem(name, error.reason, mend)
