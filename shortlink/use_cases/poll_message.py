"""Fetch the status of a submitted message of which no final receipt came."""

from __future__ import annotations

from shortlink.domain.errors import CarrierError, CarrierRejectsUs, NotFound
from shortlink.storage.sendings import MessageClaim
from shortlink.use_cases.send_desk import SendDesk


def poll_message(claim: MessageClaim, desk: SendDesk) -> None:
    """Ask the carrier once; without news, plan the next time, or after the last leave it as it stands.

    Some networks never report: a message may stay handed over for good.
    """
    message = claim.message
    try:
        receipt = desk.carrier.fetch(message.carrier_id or "")
    except NotFound:
        _plan_next(claim, desk, looks=len(desk.rules.polls_ms))
        return
    except CarrierRejectsUs as error:
        desk.pause(error)
        _plan_next(claim, desk, looks=claim.looks)
        return
    except CarrierError:
        _plan_next(claim, desk, looks=claim.looks + 1)
        return
    if desk.adopt(message, receipt) == "same":
        _plan_next(claim, desk, looks=claim.looks + 1)


def _plan_next(claim: MessageClaim, desk: SendDesk, *, looks: int) -> None:
    polls_ms = desk.rules.polls_ms
    status = claim.message.status
    desk.sendings.postpone(
        claim.message.code,
        token=claim.token,
        leaving=[status],
        status=status,
        wait_ms=polls_ms[looks] if looks < len(polls_ms) else None,
        looks=looks,
    )
