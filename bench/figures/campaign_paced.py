"""A campaign at a carrier that takes few messages a second, and how long another account's codes take meanwhile."""

from __future__ import annotations

from bench.figures.campaign import WORKING, hold_campaign
from bench.figures.send import CARRIER_MS
from bench.run import Finding, Measure, Run
from bench.traffic import SERIES

FIRST, FIRST_CODE = 8 * SERIES, 9 * SERIES
RATE = 10.0  # SHORTLINK_CARRIER_RATE, messages a second


def measure(run: Run) -> Finding:
    """Let one account fill the ledger and another one send between, all of it at the carrier's rate."""
    with run.rig() as rig:
        rig.start_stand_in(CARRIER_MS)
        rig.limit_carrier(RATE)
        rig.start_workers(*WORKING)
        campaign = hold_campaign(run, rig, range(FIRST, FIRST + run.scale.paced_campaign), FIRST_CODE)
        rig.limit_carrier(0)  # a rig that is shared goes on without
    all_sent = campaign.messages + len(campaign.waits_ms)
    name = f"campaign of {campaign.messages:,}, carrier rate {RATE:.0f}/s"
    return Finding(
        measures=[
            Measure(name=name, value=campaign.seconds, unit="s"),
            Measure(name="  both accounts' messages at the carrier", value=all_sent / campaign.seconds, unit="/s"),
            *campaign.measures,
        ],
        checks=[campaign.once],
        details=campaign.details,
    )
