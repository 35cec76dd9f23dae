"""The figures, one a module, each a function from a Run to a Finding; a new one is a module and a line here."""

from __future__ import annotations

from bench.figures import (
    accept,
    callback,
    callbacks,
    campaign,
    campaign_paced,
    dashboard,
    generator,
    memory,
    message_memory,
    redirect,
    redirect_latency,
    redirect_memory,
    redirect_scale,
    send,
)
from bench.run import Figure

FIGURES: dict[str, Figure] = {
    "generator": generator.measure,
    "accept": accept.measure,
    "redirect": redirect.measure,
    "redirect-latency": redirect_latency.measure,
    "redirect-scale": redirect_scale.measure,
    "redirect-memory": redirect_memory.measure,
    "callback": callback.measure,
    "memory": memory.measure,
    "callbacks": callbacks.measure,
    "send": send.measure,
    "campaign": campaign.measure,
    "campaign-paced": campaign_paced.measure,
}
# Taken only when asked for by name: what they need takes minutes to make.
SEPARATE: dict[str, Figure] = {
    "dashboard": dashboard.measure,
    "message-memory": message_memory.measure,
}
