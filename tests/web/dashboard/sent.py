"""Messages of a dashboard's reader: sent through the API, or put into the archive with what happened to them."""

from __future__ import annotations

from typing import Any

from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import MessageStatus
from tests.factories import make_message
from tests.web.dashboard.conftest import Reader

ATTACK = '"><script>alert(1)</script>'
TARGET = "https://shop.test/<x>"
FIELDS = {"recipient": "+818012345678", "sender": "SHOP", "message": "Sale https://shop.test/?a=1 today"}


def send(reader: Reader, **fields: str) -> str:
    answer = reader.client.post("/sms/messages/", auth=(reader.sid, reader.token), data=FIELDS | fields)
    return str(answer.get_json()[0]["msgid"])


def archived(
    reader: Reader,
    now: int,
    *types: EventType,
    target: str = TARGET,
    error: str = "30003",
    price: float = 0.0,
    **changes: Any,
) -> MetMessage:
    """Put a message into the archive to which these things happened."""
    data = {"first": True, "verdict": "human", "rule": "browser", "error": error, "status": "undelivered"}
    given = make_message(account=reader.sid, accepted_at=now, **changes)
    met = MetMessage(
        code=given.code,
        message_id=given.id,
        account=reader.sid,
        recipient=given.recipient,
        sender=given.sender,
        tags=given.tags,
        accepted_at=now,
        status=MessageStatus.ACCEPTED.value,
        link=target,
        cost=price,
    )
    reader.log.append(
        [
            Event(
                id=f"{given.id}{place}",
                type=type_,
                at=now + place,
                account=reader.sid,
                message_id=given.id,
                code=given.code,
                recipient=given.recipient,
                sender=given.sender,
                tags=given.tags,
                data=data | {"segments": 1, "cost": price},
            )
            for place, type_ in enumerate(types)
        ],
        met=[met],
    )
    return met
