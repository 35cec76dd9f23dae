"""Webhooks: what the API says of them, and the calls for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shortlink.client.call import Call, part, read_json, read_nothing, utc, words
from shortlink.client.errors import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that events are sent to. `secret` is only told when it is new; `owed` is None if nobody knows."""

    id: str
    url: str
    events: tuple[str, ...]
    format: str
    tag: str | None
    description: str | None
    state: str
    paused_because: str | None
    owed: int | None
    secret: str | None = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One try to send an event or a batch: its answer's status code, or a word for why there was none.

    `cursor` leads to older ones; `state` is how the delivery stood after it.
    """

    cursor: int
    at: datetime
    id: str
    types: tuple[str, ...]
    number: int
    state: str
    status_code: int | None
    error: str | None
    duration_ms: int | None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def webhooks() -> Call[tuple[Webhook, ...]]:
    """List webhooks."""
    return Call(method="GET", path="/webhooks/", read=lambda answer: tuple(_webhook(one) for one in read_json(answer)))


def create_webhook(
    url: str,
    types: str | Iterable[str],
    *,
    form: str,
    tag: str | None,
    description: str | None,
    batch: Mapping[str, float] | None,
    rate: float | None,
) -> Call[Webhook]:
    """Make a webhook; made twice, there are two."""
    given = {"tag": tag, "description": description, "batch": batch, "rate": rate}
    content: dict[str, Any] = {"url": url, "events": words(types), "format": form}
    content |= {name: value for name, value in given.items() if value is not None}
    return Call(method="POST", path="/webhooks/", read=_read_webhook, content=content, repeatable=False)


def change_webhook(webhook_id: str, changes: Mapping[str, Any]) -> Call[Webhook]:
    """Change a webhook."""
    return Call(method="PATCH", path=_path(webhook_id), read=_read_webhook, content=dict(changes))


def delete_webhook(webhook_id: str) -> Call[None]:
    """Delete a webhook."""
    return Call(method="DELETE", path=_path(webhook_id), read=read_nothing)


def switch_webhook(webhook_id: str, *, on: bool) -> Call[Webhook]:
    """Pause a webhook, or let it go on."""
    return Call(method="POST", path=f"{_path(webhook_id)}{'resume' if on else 'pause'}/", read=_read_webhook)


def rotate_secret(webhook_id: str) -> Call[Webhook]:
    """Give a webhook a new secret; done twice, the first new one is old already."""
    return Call(method="POST", path=f"{_path(webhook_id)}rotate-secret/", read=_read_webhook, repeatable=False)


def test_webhook(webhook_id: str) -> Call[str]:
    """Have a test sent; gives its event id."""
    path = f"{_path(webhook_id)}test/"
    return Call(method="POST", path=path, read=lambda answer: str(read_json(answer)["id"]), repeatable=False)


def replay(webhook_id: str, *, since: datetime, until: datetime) -> Call[None]:
    """Have the events of a time range sent again."""
    content = {"from": _milliseconds(since), "to": _milliseconds(until)}
    return Call(method="POST", path=f"{_path(webhook_id)}replay/", read=read_nothing, content=content, repeatable=False)


def deliveries(webhook_id: str, *, before: int | None, limit: int) -> Call[tuple[Delivery, ...]]:
    """List the tries, newest first."""
    params = {"limit": str(limit)} | ({} if before is None else {"before": str(before)})
    return Call(method="GET", path=f"{_path(webhook_id)}deliveries/", read=_read_deliveries, params=params)


def _path(webhook_id: str) -> str:
    return f"/webhooks/{part(webhook_id)}/"


def _milliseconds(moment: datetime) -> int:
    return int(utc(moment).timestamp() * 1000)


def _read_deliveries(answer: Answer) -> tuple[Delivery, ...]:
    return tuple(
        Delivery(
            cursor=one["cursor"],
            at=datetime.fromisoformat(one["at"]),
            id=one["id"],
            types=tuple(one["types"]),
            number=one["try"],
            state=one["state"],
            status_code=one["status_code"],
            error=one["error"],
            duration_ms=one["duration_ms"],
            raw=one,
        )
        for one in read_json(answer)
    )


def _read_webhook(answer: Answer) -> Webhook:
    return _webhook(read_json(answer))


def _webhook(given: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=given["id"],
        url=given["url"],
        events=tuple(given["events"]),
        format=given["format"],
        tag=given.get("tag"),
        description=given.get("description"),
        state=given.get("state") or "active",
        paused_because=given.get("paused_because"),
        owed=given.get("owed"),
        secret=given.get("secret"),
        raw=given,
    )
