"""The reading matter agrees with the code: settings, routes, keys, record fields, commands, links, examples."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.bootstrap.doors import build
from shortlink.callbacks.signature import sign
from shortlink.config import OTHER_VARIABLES, Settings
from shortlink.domain.account import webhook_secret
from shortlink.domain.errors import SettingsError
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.web.app import create_app
from shortlink.web.openapi.document import build_document
from tests.storage.full_record import FullRecord

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
KEY = b"k" * 32
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
LARGEST_PICTURE = 60_000  # bytes
_UNSET = "unset"
_EMPTY = "empty"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every table row."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


SETTINGS: dict[str, Field[Any]] = {spec.metadata["env"]: spec for spec in fields(Settings)}
CONFIGURATION = {row[0].strip("`"): row for row in rows(read("docs/configuration.md")) if row[0].startswith("`")}


@pytest.mark.parametrize("env", SETTINGS)
def test_each_setting_is_documented_with_its_default(env: str) -> None:
    default, written = SETTINGS[env].default, CONFIGURATION[env][1]
    if written == _UNSET:
        assert default in (None, "")
    else:
        text = "" if written == _EMPTY else written.strip("`")
        assert SETTINGS[env].metadata["parse"](text) == default


def test_an_empty_value_is_a_fault_but_of_the_settings_of_which_the_page_says_so() -> None:
    told = read("docs/configuration.md").partition("elsewhere it is a fault, except for ")[2].partition("\n")[0]
    exceptions = set(re.findall(r"`(\w+)`", told))
    assert len(exceptions) == 3
    optional = {env for env in SETTINGS if CONFIGURATION[env][1] == _UNSET}
    assert exceptions | optional == {env for env in SETTINGS if _takes_an_empty_value(env)}


def _takes_an_empty_value(env: str) -> bool:
    try:
        Settings.from_env({env: ""})
    except SettingsError:
        return False
    return True


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(CONFIGURATION) <= set(SETTINGS) | OTHER_VARIABLES


def test_every_status_that_needs_no_app_is_documented_as_bare_and_no_other_one() -> None:
    table = read("docs/api.md").partition("| Bare status |")[2].partition("\n\n")[0]
    documented = {row[0] for row in rows(table) if row[0].isdigit()}
    source = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "shortlink/http1").glob("*.py"))
    raised = {
        status
        for call in re.findall(r"(?:BadRequest|_refuse)\(([^)]*)\)", source)
        for status in re.findall(r"\b[45]\d\d\b", call)
    }
    assert documented == raised


def test_the_errors_of_the_api_are_those_of_its_own_description() -> None:
    table = read("docs/api.md").partition("## Errors\n")[2].partition("\n\nA problem")[0]
    documented = {status for row in rows(table) for status in re.findall(r"\b[45]\d\d\b", row[0])}
    paths = build_document(api_url="http://a.test", link_url="http://l.test", fail_word="FAIL")["paths"]
    described = {
        status
        for path, operations in paths.items()
        if path.startswith(("/sms/", "/events", "/logfiles", "/webhooks"))
        for method, operation in operations.items()
        if method in {"get", "post", "patch", "delete"}
        for status in operation["responses"]
        if status >= "400"
    }
    assert documented - {"405"} == described  # which OpenAPI has no words for


def test_each_route_is_documented_with_its_method() -> None:
    app = create_app(build(Settings(secret_key=KEY.decode())))
    routes = {
        (method, rule.rule.replace("<unreserved:", "<").rstrip("/"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/dashboard/")  # pages for people
    }
    documented = {
        (row[0], row[1].strip("`").rstrip("/"))
        for row in rows(read("docs/api.md"))
        if row[0] in {"GET", "POST", "PATCH", "DELETE"}
    }
    assert documented == routes


def key_patterns() -> list[str]:
    """Name every key with its parameters as placeholders, as docs/internals/store.md writes them."""
    functions = [
        function
        for _, function in inspect.getmembers(keys, inspect.isfunction)
        if function.__module__ == keys.__name__ and not function.__name__.startswith("_")
    ]
    made = [
        function(*(_placeholder(name) for name in inspect.signature(function).parameters)) for function in functions
    ]
    whole = [name for constant, name in vars(keys).items() if constant.isupper() and constant != "WAKE_CHANNEL"]
    return [re.sub(r"^\{[a-p]\}", "{p}", name) for name in made] + whole


def _placeholder(name: str) -> str:
    return "p" if name == "partition" else f"<{name}>"


def rows_under(heading: str) -> Iterator[list[str]]:
    """Give the rows of the tables of one chapter of docs/internals/store.md."""
    chapters = read("docs/internals/store.md").split("\n## ")
    return rows(next(chapter for chapter in chapters if chapter.startswith(f"{heading}\n")))


def test_the_documented_keys_are_those_that_there_are() -> None:
    documented = {row[0].strip("`") for row in rows_under("Keys")} - {"Key", "---"}
    assert documented == set(key_patterns())


def test_the_documented_fields_of_a_record_are_those_that_there_are(client: Store, store: redis.Redis) -> None:
    record = FullRecord(client, store)
    record.live()
    found = {re.sub(r"^([cr])\d+$", r"\g<1>1", name) for name in record.fields}
    documented = {field for row in rows_under("The record") for field in re.findall(r"`(\w{1,2})`", row[0])}
    assert found == documented


def test_each_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {
        (name_of(page), target)
        for page in PAGES
        for target in re.findall(r"(?:`|^|\.\.\. )make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert ("README.md", "run") in named
    assert ("README.md", "test") in named
    assert {target for _, target in named} <= targets


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_relative_link_leads_somewhere(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path) if path else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors(goal), target


@pytest.mark.parametrize(
    "name", ["dashboard", "integrate", "logs", "operations", "recipients", "simulator", "webhooks"]
)
def test_each_page_for_an_audience_has_pictures_that_are_described(name: str) -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\((images/[^)]+\.png)\)", read(f"docs/{name}.md"))
    assert pictures
    for told, picture in pictures:
        assert len(told) > len("a picture")
        assert (ROOT / "docs" / picture).stat().st_size < LARGEST_PICTURE


def test_each_picture_is_shown() -> None:
    shown = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [picture.name for picture in (ROOT / "docs/images").iterdir() if f"images/{picture.name}" not in shown] == []


def anchors(page: Path) -> set[str]:
    """Name a page's headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_decision_is_listed() -> None:
    pages = {page.name for page in (ROOT / "docs/adr").glob("[0-9]*.md")}
    assert set(_LINK.findall(read("docs/adr/README.md"))) == pages


Verify = Callable[[str, dict[str, str], bytes], bool]


def verifying_examples() -> list[Verify]:
    """Run the examples of docs/callbacks.md that define how a signature is checked."""
    found: list[Verify] = []
    for source in re.findall(r"^```python\n(.*?)^```$", read("docs/callbacks.md"), re.MULTILINE | re.DOTALL):
        if "def is_genuine" in source:
            names: dict[str, Any] = {}
            exec(source, names)
            found.append(names["is_genuine"])
    return found


@pytest.mark.parametrize("is_genuine", verifying_examples(), ids=["with-library", "without-library"])
def test_the_documented_check_of_a_signature_tells_right_from_wrong(is_genuine: Verify) -> None:
    new, old, other = (webhook_secret("SL1", version, KEY) for version in (2, 1, 3))
    body, now = "kind=click&link=https%3A%2F%2Fexample.com%2F", int(time.time() * 1000)
    headers = sign([new, old], "event-click", now, body)

    assert is_genuine(new, headers, body.encode())
    assert is_genuine(old, headers, body.encode())
    assert not is_genuine(other, headers, body.encode())
    assert not is_genuine(new, headers, body.encode() + b"&more=1")
    assert not is_genuine(new, sign([new], "event-click", now - 3_600_000, body), body.encode())
    assert not is_genuine(new, headers | {"webhook-id": "another-click"}, body.encode())
    assert not is_genuine(new, headers | {"webhook-signature": "nonsense"}, body.encode())
    assert not is_genuine(new, {}, body.encode())
