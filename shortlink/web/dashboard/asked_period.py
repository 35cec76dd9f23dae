"""The period that an address asks for, of the account that is signed in and in its reader's time zone."""

from __future__ import annotations

from flask import request

from shortlink.web.context import account
from shortlink.web.dashboard.door import archive
from shortlink.web.dashboard.period import Period, faults_of_period, is_open_before, read_period
from shortlink.web.dashboard.presentation import moment, reader_zone


def asked_period() -> tuple[Period, dict[str, str]]:
    """Read the period, and what is wrong with it by the name of the field.

    One that names its last day only begins with the first day on which anything happened: lists, which know no
    beginning either, hold the same.
    """
    given, zone = request.args.to_dict(), reader_zone()
    if is_open_before(given) and (begin := archive().begin(account().sid)) is not None:
        given["from"] = min(moment(begin).date().isoformat(), given["to"])
    return read_period(given, zone), faults_of_period(given, zone)
