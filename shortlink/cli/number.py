"""A phone number that a command was given, or reads where no list of processes shows it."""

from __future__ import annotations

import sys

import click

from shortlink.domain.phone import is_e164


def read_number(given: str) -> str:
    """Read a number in E.164; with `-` the one on the standard input. Raises BadParameter."""
    lines = [given] if given != "-" else _read_lines()
    if len(lines) > 1:
        raise click.BadParameter(f"the standard input has {len(lines)} lines; one number at a time")
    if not lines or not is_e164(lines[0]):
        raise click.BadParameter("a number is written in E.164, with plus and country code, such as +818011234567")
    return lines[0]


def _read_lines() -> list[str]:
    """Read what is on the standard input; from a person at a terminal, one line."""
    lines = [sys.stdin.readline()] if sys.stdin.isatty() else sys.stdin.readlines()
    return [line.strip() for line in lines if line.strip()]
