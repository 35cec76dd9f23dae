"""How a message, its link and its callbacks are packed into one hash.

Short field names, because they are stored with every message; docs/internals/store.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shortlink.domain.callback import Attempt, Callback, CallbackKind, CallbackState
from shortlink.domain.code import message_id
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message, MessageStatus

URL_FIELD = {CallbackKind.CLICK: "C", CallbackKind.REPORT: "R"}


def pack_message(message: Message, *, link_start: int | None) -> list[str]:
    """List the fields of a new message; `link_start` is where its short link begins in the text.

    Its id, times and status are the accept script's.
    """
    fields = ["a", message.account, "f", message.sender, "r", _pack_number(message.recipient), "t", message.text]
    if message.tags:
        fields += ["g", ",".join(message.tags)]
    if message.segments != 1:
        fields += ["n", str(message.segments)]
    if message.cost:
        fields += ["c", repr(message.cost)]
    if message.tracked:
        fields += ["T", "1"]
    if message.link is not None:
        fields += ["u", message.link.link, "L", str(link_start or 0)]
    if message.report_url:
        fields += ["R", message.report_url]
    if message.click_url:
        fields += ["C", message.click_url]
    return fields


def _pack_number(number: str) -> str:
    """Leave out the plus of E.164: digits alone are stored as an integer, in half the space."""
    return number.removeprefix("+")


def unpack_pairs(flat: Sequence[str]) -> dict[str, str]:
    """Make a mapping of what HGETALL gives inside a script."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def unpack_message(code: str, r: Mapping[str, str]) -> Message:
    """Build a message from its record."""
    return Message(
        id=message_id(code, r["i"]),
        code=code,
        account=r["a"],
        sender=r["f"],
        recipient="+" + r["r"] if "r" in r else "",
        text=r["t"],
        tags=tuple(r["g"].split(",")) if "g" in r else (),
        segments=int(r.get("n", 1)),
        cost=float(r.get("c", 0)),
        accepted_at=int(r["A"]),
        status=MessageStatus(r["s"]),
        carrier_id=r.get("S"),
        error=r.get("e"),
        tracked="T" in r,
        link=_unpack_link(code, r) if "u" in r else None,
        report_url=r.get("R"),
        click_url=r.get("C"),
    )


def _unpack_link(code: str, r: Mapping[str, str]) -> ShortLink:
    start = int(r["L"])
    return ShortLink(
        code=code,
        link=r["u"],
        short_url=r["t"][start : r["t"].index(code, start) + len(code)],
        expires_at=int(r["x"]),
        disabled="z" in r,
        first_click_at=int(r["H"]) if "H" in r else None,
        clicks=int(r.get("h", 0)),
        machine_hits=int(r.get("b", 0)),
        clicked_at=tuple(int(at) for at in r.get("k", "").split()),
    )


def unpack_callbacks(code: str, r: Mapping[str, str]) -> list[Callback]:
    """List the callbacks that a message owes or has made, the click first."""
    return [unpack_callback(code, kind, r) for kind in CallbackKind if f"{kind}s" in r]


def unpack_callback(code: str, kind: CallbackKind, r: Mapping[str, str]) -> Callback:
    """Build one callback from its message's record."""
    tries = int(r[f"{kind}n"])
    numbers = range(1, tries + 1)
    return Callback(
        id=f"{message_id(code, r['i'])}-{kind.name.lower()}",
        kind=kind,
        url=r[URL_FIELD[kind]],
        state=CallbackState(r[f"{kind}s"]),
        tries=tries,
        tries_before=int(r.get(f"{kind}o", 0)),
        attempts=tuple(unpack_attempt(r[f"{kind}{n}"]) for n in numbers if f"{kind}{n}" in r),
        status_then=MessageStatus(r[f"{kind}f"]),
    )


def pack_attempt(attempt: Attempt) -> str:
    """Pack an attempt into three words: when, how long, the status code or the error."""
    return f"{attempt.at} {attempt.duration_ms} {attempt.status_code or attempt.error or 'unknown'}"


def unpack_attempt(packed: str) -> Attempt:
    """Build an attempt from its three words."""
    at, duration, outcome = packed.split(" ")
    code = int(outcome) if outcome.isdecimal() else None
    error = None if code else outcome
    return Attempt(at=int(at), duration_ms=int(duration), status_code=code, error=error)
