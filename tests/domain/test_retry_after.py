"""How a server's wish to be left alone is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from shortlink.domain.retry_after import LONGEST_SECONDS, read_retry_after

NOW = 1_800_000_000.0


@pytest.fixture(params=["UTC0", "JST-9", "EST5"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set this machine's own zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("1, 2", None),
        ("١٢", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("86401", LONGEST_SECONDS),
        ("9" * 5000, LONGEST_SECONDS),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_SECONDS),
        ("Fri, 31 Dec 99999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999999 23:59:59", None),
        ("Fri, 99 Foo 2027 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_and_bounded(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, now=NOW) == seconds


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    "date",
    [
        "Fri, 15 Jan 2027 08:10:00 GMT",
        "Fri, 15 Jan 2027 08:10:00 +0000",
        "Fri, 15 Jan 2027 08:10:00 -0000",
        "Fri, 15 Jan 2027 08:10:00",
        "Fri Jan 15 08:10:00 2027",
        "Friday, 15-Jan-27 08:10:00 GMT",
        "Fri, 15 Jan 2027 17:10:00 +0900",
    ],
)
def test_a_date_is_in_utc_unless_it_names_a_zone_wherever_this_machine_is(date: str) -> None:
    assert read_retry_after(date, now=NOW) == 600.0
