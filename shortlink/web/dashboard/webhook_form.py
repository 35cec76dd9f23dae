"""The form of a webhook: what a person types, and what is asked for by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request

from shortlink.domain.event import EventType
from shortlink.domain.webhook import DEFAULT_RATE, Webhook

_TEXTS = ("url", "tag", "description", "format", "rate", "most", "seconds")
_OF_BATCH = ("most", "seconds")
_EACH_ALONE = "1"
_USUAL_SECONDS = "1"


def typed_fields() -> dict[str, Any]:
    """Read the form; a field that was left empty is not given."""
    typed: dict[str, Any] = {name: value for name in _TEXTS if (value := request.form.get(name, "").strip())}
    return typed | {"events": request.form.getlist("events")}


def asked_fields(typed: dict[str, Any]) -> dict[str, Any]:
    """Name what was typed as the API does; what a form does not have stays as it is."""
    asked = {name: value for name, value in typed.items() if name not in _OF_BATCH}
    return asked | ({"batch": _batch(typed)} if "most" in request.form else {})


def new_fields(events: Iterable[EventType]) -> dict[str, Any]:
    """Fill the form in for a new webhook of these events."""
    usual = {"rate": f"{DEFAULT_RATE:g}", "most": _EACH_ALONE, "seconds": _USUAL_SECONDS}
    return usual | {"events": [type_.value for type_ in events]}


def fields_of(webhook: Webhook) -> dict[str, Any]:
    """Fill the form in with what a webhook is."""
    batch = webhook.batch
    return {
        "url": webhook.url,
        "tag": webhook.tag or "",
        "description": webhook.description,
        "format": webhook.body_format,
        "rate": f"{webhook.rate:g}",
        "most": str(batch.most) if batch else _EACH_ALONE,
        "seconds": f"{batch.seconds:g}" if batch else _USUAL_SECONDS,
        "events": [type_.value for type_ in webhook.events],
    }


def _batch(typed: dict[str, Any]) -> dict[str, Any] | None:
    """Read how many events go into one call; None for each alone. What is no number is for the rule to refuse."""
    most = typed.get("most", _EACH_ALONE)
    if most == _EACH_ALONE:
        return None
    return {"most": _number(most), "seconds": _number(typed.get("seconds", _USUAL_SECONDS))}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
