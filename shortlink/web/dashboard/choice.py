"""What a reader has chosen, on the way from page to page: a period, a tag, and the list a message was opened from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from shortlink.web.dashboard.period import faults_of_period, read_period
from shortlink.web.dashboard.presentation import reader_zone

# What makes a list of messages what it is.
LIST = ("tag", "status", "clicked", "reason", "link", "from", "to", "sealed", "ending", "before")
_BY_PERIOD = frozenset({"dashboard.show_overview", "dashboard.show_links", "dashboard.show_tags"})
_BY_DATES = frozenset({"dashboard.show_messages", "dashboard.show_replies"})
_CHOSEN_ON = _BY_PERIOD | _BY_DATES | {"dashboard.show_message"}
_NAMES = ("period", "from", "to", "tag")
_MAX_LENGTH = 200
Address = dict[str, Any]  # names and texts, as url_for takes them


def address_of(endpoint: str) -> str:
    """Write the address of a page in the menu: with the period and the tag that are chosen here, if it knows them."""
    if endpoint in _BY_PERIOD:
        return url_for(endpoint, **_chosen())
    return url_for(endpoint, **_dated(_chosen())) if endpoint in _BY_DATES else url_for(endpoint)


def list_of_message() -> Address:
    """Read from the address of a message's page which list it was opened from."""
    return _given(request.args, LIST)


def chosen_days() -> Address:
    """Read the days that the list of replies is of; and the tag, which replies have none of, for the way back."""
    return _given(request.args, ("from", "to", "tag"))


def _chosen() -> Address:
    """Read what is chosen on this page; days that make no sense are chosen on none."""
    if request.endpoint not in _CHOSEN_ON:
        return {}
    given = _given(request.args, _NAMES)
    return _given(given, ("tag",)) if faults_of_period(given, reader_zone()) else given


def _dated(chosen: Address) -> Address:
    """Name the days of a period, for a page that knows no other; days that are named count more than its name."""
    named = {name: value for name, value in chosen.items() if name != "period"}
    if named.keys() & {"from", "to"} or "period" not in chosen:
        return named
    return read_period(chosen, reader_zone()).dates() | named


def _given(values: Mapping[str, str], names: tuple[str, ...]) -> Address:
    return {name: value for name in names if (value := values.get(name, "").strip()[:_MAX_LENGTH])}
