"""The examples of docs/integrate.md run as they stand, at another address."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from shortlink.client import Client
from tests.client.serving import Service

PAGE = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_each_example_is_python() -> None:
    assert len(EXAMPLES) == 4
    for example in EXAMPLES:
        compile(example, "docs/integrate.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_first_example_sends_a_message(
    service: Service, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = [one for one in EXAMPLES if "import Client" in one]
    exec(example.replace("https://sms.example.com", service.url), {"sid": service.sid, "token": service.token})
    assert capsys.readouterr().out.startswith("QUEUED LinkTracking(")
    (sent,) = client.list()
    assert sent.tags == ("spring",)


def test_the_methods_that_are_named_are_those_that_there_are() -> None:
    named = set(re.findall(r"`(\w+)\((?:[^`]*)\)`", PAGE[PAGE.index("| Method") : PAGE.index("Each send carries")]))
    assert named == {name for name in vars(Client) if not name.startswith("_")} - {"close"}
