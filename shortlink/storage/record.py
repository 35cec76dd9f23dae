"""How a message, its link and its callbacks are packed into one hash.

Short field names, because they are stored with every message; docs/internals/store.md lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from shortlink.domain.callback import Attempt, Callback, CallbackKind, CallbackState
from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.link import DeadTaps, ShortLink
from shortlink.domain.message import Message, MessageStatus
from shortlink.domain.message_id import message_id, whole_tail
from shortlink.storage.compact import pack_text, pack_url, unpack_carrier_id, unpack_end, unpack_text, unpack_url
from shortlink.storage.record_numbers import read_cost, read_number

URL_FIELD = {CallbackKind.CLICK: "C", CallbackKind.REPORT: "R"}


def pack_message(message: Message, *, link_start: int | None) -> list[str]:
    """List the fields of a new message; `link_start` is where its short link begins in the text.

    Its id, times and status are the accept script's.
    """
    fields = ["a", message.account, "f", message.sender, "r", _pack_number(message.recipient)]
    fields += _pack_link(message, message.link, link_start or 0) if message.link is not None else ["t", message.text]
    if message.tags:
        fields += ["g", ",".join(message.tags)]
    if message.segments != 1:
        fields += ["n", str(message.segments)]
    if message.cost:
        fields += ["c", repr(message.cost)]
    if message.tracked and message.link is None:
        fields += ["T", "1"]
    if message.report_url:
        fields += ["R", message.report_url]
    if message.click_url:
        fields += ["C", message.click_url]
    return fields


def _pack_link(message: Message, link: ShortLink, start: int) -> list[str]:
    url = ["u", pack_url(link.link)]
    text = pack_text(message.text, message.code, link.short_url, start)
    return ["t", message.text, "L", str(start), *url] if text is None else ["t", text, *url]


def _pack_number(number: str) -> str:
    """Leave out the plus of E.164: digits alone are stored as an integer, in half the space."""
    return number.removeprefix("+")


def unpack_pairs(flat: Sequence[str]) -> dict[str, str]:
    """Make a mapping of what HGETALL gives inside a script."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


@contextmanager
def reading(code: str, r: Mapping[str, str]) -> Iterator[None]:
    """Tell as RecordUnreadable whatever goes wrong with a record's fields: others' words could be a number's."""
    try:
        yield
    except KeyError as error:
        raise RecordUnreadable(code, f"its field {error} is missing", account=r.get("a", "")) from None
    except (ValueError, IndexError, TypeError):
        reason = "one of its fields holds what it never may"
        raise RecordUnreadable(code, reason, account=r.get("a", "")) from None


def unpack_message(code: str, r: Mapping[str, str]) -> Message:
    """Build a message from its record. Raises RecordUnreadable."""
    with reading(code, r):
        return _unpack_message(code, r)


def _unpack_message(code: str, r: Mapping[str, str]) -> Message:
    text, link = (r["t"], None) if "u" not in r else _unpack_link(code, r)
    return Message(
        id=unpack_id(code, r),
        code=code,
        account=r["a"],
        sender=r["f"],
        recipient="+" + r["r"] if "r" in r else "",
        text=text,
        tags=tuple(r["g"].split(",")) if "g" in r else (),
        segments=read_number(r.get("n", "1")),
        cost=read_cost(r.get("c", "0")),
        accepted_at=read_number(r["A"]),
        status=MessageStatus(r["s"]),
        carrier_id=unpack_carrier_id(r["S"]) if "S" in r else None,
        error=r.get("e"),
        tracked="T" in r or link is not None,
        link=link,
        report_url=r.get("R"),
        click_url=r.get("C"),
    )


def unpack_id(code: str, r: Mapping[str, str]) -> str:
    """Put a message's id together from its record. Raises RecordUnreadable."""
    with reading(code, r):
        return message_id(code, whole_tail(code, r["i"]))


def _unpack_link(code: str, r: Mapping[str, str]) -> tuple[str, ShortLink]:
    """Read the text and the short link in it."""
    if "L" in r:
        start = int(r["L"])
        text, short_url = r["t"], r["t"][start : r["t"].index(code, start) + len(code)]
    else:
        text, short_url = unpack_text(r["t"], code) or (r["t"], "")
    return text, ShortLink(
        code=code,
        link=unpack_url(r["u"]),
        short_url=short_url,
        expires_at=unpack_end(r["x"], read_number(r["A"])),
        disabled="z" in r,
        first_click_at=read_number(r["H"]) if "H" in r else None,
        clicks=read_number(r.get("h", "0")),
        machine_hits=read_number(r.get("b", "0")),
        clicked_at=tuple(read_number(at) for at in r.get("k", "").split()),
        dead_taps=_unpack_dead_taps(r["d"]) if "d" in r else None,
    )


def _unpack_dead_taps(packed: str) -> DeadTaps:
    count, first, last = packed.split(" ")
    return DeadTaps(count=read_number(count), first_at=read_number(first), last_at=read_number(last))


def unpack_callbacks(code: str, r: Mapping[str, str]) -> list[Callback]:
    """List the callbacks that a message owes or has made, the click first. Raises RecordUnreadable."""
    return [unpack_callback(code, kind, r) for kind in CallbackKind if f"{kind}s" in r]


def tries_not_owed(r: Mapping[str, str]) -> list[CallbackKind]:
    """List the callbacks whose tries were counted but which have no state, as only an erased message may have them."""
    return [kind for kind in CallbackKind if f"{kind}n" in r and f"{kind}s" not in r and "r" in r]


def unpack_callback(code: str, kind: CallbackKind, r: Mapping[str, str]) -> Callback:
    """Build one callback from its message's record. Raises RecordUnreadable."""
    with reading(code, r):
        return _unpack_callback(code, kind, r)


def _unpack_callback(code: str, kind: CallbackKind, r: Mapping[str, str]) -> Callback:
    tries = read_number(r[f"{kind}n"])
    # Of the tries that are kept, not of all: a count that is damaged could be any.
    numbers = sorted(int(name[1:]) for name in r if name[:1] == kind and name[1:].isdecimal())
    return Callback(
        id=f"{unpack_id(code, r)}-{kind.name.lower()}",
        kind=kind,
        url=r[URL_FIELD[kind]],
        state=CallbackState(r[f"{kind}s"]),
        tries=tries,
        tries_before=read_number(r.get(f"{kind}o", "0")),
        attempts=tuple(unpack_attempt(r[f"{kind}{n}"], n) for n in numbers if n <= tries),
        status_then=MessageStatus(r[f"{kind}f"]),
    )


def pack_attempt(attempt: Attempt) -> str:
    """Pack an attempt into three words: when, how long, the status code or the error."""
    return f"{attempt.at} {attempt.duration_ms} {attempt.status_code or attempt.error or 'unknown'}"


def unpack_attempt(packed: str, number: int = 0) -> Attempt:
    """Build an attempt from its three words."""
    at, duration, outcome = packed.split(" ")
    code = int(outcome) if outcome.isdecimal() else None
    error = None if code else outcome
    return Attempt(at=read_number(at), duration_ms=read_number(duration), status_code=code, error=error, number=number)
