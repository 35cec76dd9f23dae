"""The little Markdown that the document's descriptions use, as HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
_STRESS = re.compile(r"\*([^*]+)\*")


def line(text: str) -> Markup:
    """Write one paragraph: code in backticks, stress in asterisks, nothing else."""
    parts = _CODE.split(str(escape(text)))
    parts[::2] = [_STRESS.sub(r"<em>\1</em>", part) for part in parts[::2]]
    parts[1::2] = [f"<code>{part}</code>" for part in parts[1::2]]
    return Markup("".join(parts))  # noqa: S704 - escaped above


def paragraphs(text: str) -> Markup:
    """Write paragraphs, which an empty line separates."""
    return Markup("\n").join(Markup("<p>{}</p>").format(line(part)) for part in text.split("\n\n") if part)
