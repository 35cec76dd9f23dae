"""The variables of the environment: what they give for a table of settings, and all that is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from typing import Any

from shortlink.domain.errors import SettingsError

OTHER_VARIABLES = frozenset({"SHORTLINK_DATA", "SHORTLINK_SID", "SHORTLINK_TOKEN"})  # read by the command line alone
_SHOWN = 100  # letters of a value, at most
_UNSET = (None, "")  # defaults of what is not set; an empty value then counts as not given


def environment() -> dict[str, str]:
    """Copy the whole environment, for those who start other processes with a changed one."""
    return dict(os.environ)


def read_values(table: type[Any], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read what is set of a table's fields, each by the variable and the kind that it names.

    Raises SettingsError that names every unknown `SHORTLINK_…` variable and every malformed value at once.
    """
    given = os.environ if environ is None else environ
    known = {spec.metadata["env"]: spec for spec in fields(table)}
    faults = _unknown_names(given, known)
    values: dict[str, Any] = {}
    malformed: set[str] = set()
    for env, spec in known.items():
        if given.get(env) or (env in given and spec.default not in _UNSET):
            try:
                values[spec.name] = spec.metadata["parse"](given[env])
            except ValueError as error:
                malformed.add(spec.name)
                faults.append(
                    f"{env} {error}" + ("" if _may_be_secret(spec, given[env]) else f"; it is {given[env]!r}")
                )
    faults += _contradictions(values, malformed)
    if faults:
        raise SettingsError("\n".join(faults))
    return values


def _may_be_secret(spec: Field[Any], value: str) -> bool:
    """Whether a value is to be kept out of logs: a secret, an address that may hold a password, or a long text."""
    return not spec.repr or "@" in value or len(value) > _SHOWN


def _unknown_names(given: Mapping[str, str], known: Collection[str]) -> list[str]:
    """Name the variables that are no settings; of Twilio's, which other programs use too, those that look misspelt."""
    faults = []
    for name in sorted(set(given) - set(known) - OTHER_VARIABLES):
        if name.startswith("SHORTLINK_"):
            faults.append(f"{name} is not a setting; docs/configuration.md lists them all")
        elif name.startswith("TWILIO_") and (close := get_close_matches(name, known, n=1, cutoff=0.9)):
            faults.append(f"{name} is not a setting; is {close[0]} meant?")
    return faults


def no_settings(names: Iterable[str], table: type[Any]) -> list[str]:
    """Say of each name that is none of a table's variables what it is taken for, its prefix or its case left out."""
    known = [spec.metadata["env"] for spec in fields(table)]
    faults = []
    for name in names:
        upper = name.upper()
        close = get_close_matches(f"SHORTLINK_{upper.removeprefix('SHORTLINK_')}", known, n=1, cutoff=0.9)
        meant = close or get_close_matches(upper, known, n=1, cutoff=0.9)
        if name not in known:
            right = f"is {meant[0]} meant?" if meant else "docs/configuration.md lists them all"
            faults.append(f"{name or 'nothing'} is not a setting; {right}")
    return faults


def _contradictions(values: Mapping[str, Any], malformed: Collection[str]) -> list[str]:
    """Name the settings that make no sense without each other; what is malformed was set, and was named."""
    faults = []
    for one, other in (
        ("twilio_api_key", "twilio_api_secret"),
        ("twilio_api_secret", "twilio_api_key"),
        ("twilio_account_sid", "twilio_auth_token"),
        ("twilio_auth_token", "twilio_account_sid"),
        ("twilio_api_key", "twilio_account_sid"),
    ):
        if values.get(one) and not values.get(other) and other not in malformed:
            faults.append(f"{one.upper()} is set, but {other.upper()} is not: they only work together")
    if values.get("archive_s3_endpoint") and not values.get("archive_s3_url") and "archive_s3_url" not in malformed:
        faults.append("SHORTLINK_ARCHIVE_S3_ENDPOINT is set, but SHORTLINK_ARCHIVE_S3_URL is not: which bucket is it?")
    return faults
