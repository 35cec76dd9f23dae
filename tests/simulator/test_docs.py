"""docs/simulator.md says what the simulator does, and nothing is missing there."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from shortlink.simulator.faults import Faults
from shortlink.simulator.magic import MAGIC_RECIPIENTS, MAGIC_SENDERS, Receipts
from shortlink.simulator.visitors import VISITORS

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("number", MAGIC_RECIPIENTS)
def test_magic_recipient_is_documented_with_its_code(number: str) -> None:
    behaviour = MAGIC_RECIPIENTS[number]
    code = str(behaviour.refusal or behaviour.error_code or "")
    assert any(row.startswith(f"| `{number}` |") and row.endswith(f"| {code} |".replace("  ", " ")) for row in ROWS)


@pytest.mark.parametrize("number", MAGIC_SENDERS)
def test_magic_sender_is_documented_with_its_code(number: str) -> None:
    code = MAGIC_SENDERS[number][0]
    assert any(row.startswith(f"| `{number}` |") and row.endswith(f"| {code} |") for row in ROWS)


@pytest.mark.parametrize("name", [*(field.name for field in fields(Faults)), *Receipts, *VISITORS])
def test_switch_or_visitor_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE
