"""What the page of the document is put together of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field, parameter or header: what it is called, what it may hold and what it means."""

    name: str
    kind: str
    required: bool
    description: str
    shape: str | None = None  # the name of the shape that it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body of one media type."""

    kind: str
    shape: str | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: its status, and what comes with it."""

    status: str
    phrase: str
    description: str
    headers: tuple[Field, ...]
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation under its anchor."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    is_open: bool
    parameters: tuple[Field, ...]
    kinds: tuple[str, ...]
    fields: tuple[Field, ...]
    call: str | None
    answers: tuple[Answer, ...]
