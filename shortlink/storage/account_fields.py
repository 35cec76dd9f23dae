"""How an account is kept in one hash, under whole names: it is small, and read by people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from shortlink.domain.account import Account
from shortlink.domain.errors import AccountUnreadable
from shortlink.storage.record_numbers import read_number

NEEDED = ("sid", "name", "token_hash", "created_at", "disabled", "secret_version", "hold_unconfirmed")


def pack_account(values: Mapping[str, object]) -> dict[str, str]:
    """Write values as they are stored; "" stands for none, which is not stored."""
    return {name: _pack_one(value) for name, value in values.items()}


def unpack_account(sid: str, fields: Mapping[str, str]) -> Account:
    """Build an account from its hash; fields that a later version keeps are passed over. Raises AccountUnreadable."""
    if missing := [name for name in NEEDED if name not in fields]:
        raise AccountUnreadable(sid, f"its field {missing[0]} is missing")
    values = {name: _unpack_one(sid, name, fields[name]) for name in _READERS if name in fields}
    if values["sid"] != sid:
        raise AccountUnreadable(sid, "its field sid names another")
    return Account(**values)


def _pack_one(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _unpack_one(sid: str, name: str, written: str) -> Any:
    try:
        return _READERS[name](written)
    except ValueError:  # the text of these would show what stands there
        raise AccountUnreadable(sid, f"its field {name} holds what it never may") from None


def _text(written: str) -> str:
    written.encode()  # an event loop's line reads what is no text all the same
    return written


def _digest(written: str) -> str:
    if not written.isascii():
        raise ValueError("no digest has such letters")
    return written


def _flag(written: str) -> bool:
    if written not in ("0", "1"):
        raise ValueError("neither on nor off")
    return written == "1"


def _rate(written: str) -> float:
    rate = float(written)
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError("no rate")
    return rate


def _times(written: str) -> tuple[int, ...]:
    return tuple(map(read_number, written.split()))


_READERS: dict[str, Callable[[str], Any]] = {
    "sid": _text,
    "name": _text,
    "token_hash": _digest,
    "created_at": read_number,
    "disabled": _flag,
    "disabled_at": read_number,
    "secret_version": read_number,
    "secret_rotated_at": _times,
    "send_rate": _rate,
    "list_rate": _rate,
    "hold_unconfirmed": _flag,
    "opt_outs": _flag,
}
