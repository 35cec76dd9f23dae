"""What every command that prints a table keeps to: whole ids, and colours for those who asked for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from click.testing import Result
from rich.text import Text

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_attempts import Outcome
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.bootstrap.doors import build
from shortlink.bootstrap.operations import Inspection, open_accounts
from shortlink.cli import main
from shortlink.cli.screen import show_block, show_table
from shortlink.client import Client
from shortlink.config import Settings
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.errors import ShortlinkError
from shortlink.domain.webhook import DeliveryState
from shortlink.storage import keys
from shortlink.web.app import create_app
from tests.client.serving import serving

Run = Callable[..., Result]
TEXT = f"Sale now https://shop.test/{'sale/' * 20} until Sunday"
DELIVERY = "a1795301764551-0"
STRAY = "stray:" + "k" * 30
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TABLES = ["accounts", "audit", "doctor", "webhooks", "deliveries", "status"]


@dataclass(frozen=True)
class Shown:
    """The commands that print tables, and the ids that each must show."""

    words: dict[str, tuple[str, ...]]
    ids: dict[str, tuple[str, ...]]
    environment: dict[str, str]


@pytest.fixture
def shown(given: dict[str, str], tmp_path: Path, here: Inspection, store: redis.Redis) -> Iterator[Shown]:
    """An installation that has something for every table."""
    environment = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path / "archive")}
    settings = Settings.from_env(environment)
    archive = Archive(tmp_path / "archive")
    EventLog(archive).open()
    account = open_accounts(settings).add("shop " + "and shop " * 5)
    with (
        serving(create_app(build(settings))) as url,
        Client(url, account.sid, account.auth_token) as client,
    ):
        webhook = client.create_webhook(f"https://shop.test/{'hook/' * 20}", ["link.clicked", "message.failed"]).id
        sent = client.send(
            TEXT, to="+818011234567", sender="shop", track=True, click_callback_url="https://shop.test/c"
        )
        message = here.messages.get(sent.msgid)
        here.links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
        claim = here.callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
        assert claim is not None
        attempt = Attempt(at=1_795_301_767_000, duration_ms=41, error="timeout")
        here.callbacks.finish(claim, attempt, state=CallbackState.EXHAUSTED)
        deliveries = WebhookDeliveries(archive)
        deliveries.owe(webhook, [Owed(id=DELIVERY, places=())], before=None, after=0, now=1)
        (claimed,) = deliveries.claim({webhook: 1}, accounts={}, now=1, lease_ms=1, most_tries=10)
        outcome = Outcome(at=1_795_301_764_551, duration_ms=7, state=DeliveryState.DELIVERED, status_code=200)
        deliveries.finish(claimed, outcome, account=account.sid)
        store.set(STRAY, "")
        yield Shown(
            words={
                "accounts": ("accounts", "list"),
                "audit": ("audit",),
                "doctor": ("doctor",),
                "webhooks": ("webhooks", "list"),
                "deliveries": ("webhooks", "deliveries", webhook),
                "status": ("status", sent.msgid),
            },
            ids={
                "accounts": (account.sid,),
                "audit": (STRAY,),
                "webhooks": (webhook,),
                "deliveries": (DELIVERY,),
                "status": (sent.msgid, f"{settings.link_url}/{message.code}"),
            },
            environment=environment
            | {"SHORTLINK_API_URL": url, "SHORTLINK_SID": account.sid, "SHORTLINK_TOKEN": account.auth_token},
        )


@pytest.fixture
def run(run_cli: Run, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run the command of a table, under these settings besides its own."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def ask(name: str, *more: str, **settings: str) -> str:
        return run_cli(*shown.words[name], *more, **shown.environment, **settings).stdout

    return ask


@pytest.mark.parametrize("columns", ["60", "80", "120"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_fits_its_terminal_and_neither_cuts_nor_folds_an_id(
    run: Callable[..., str], shown: Shown, name: str, columns: str
) -> None:
    told = run(name, COLUMNS=columns)
    assert all(identifier in told.split() for identifier in shown.ids.get(name, ()))
    assert "…" not in told
    assert max(map(len, told.splitlines())) <= int(columns)


@pytest.mark.parametrize("columns", ["34", "40", "50"])
@pytest.mark.parametrize("name", TABLES)
def test_a_narrow_terminal_folds_no_word_that_it_has_room_for(run: Callable[..., str], name: str, columns: str) -> None:
    narrow, wide = (text.replace(":\n", "\n").replace(": ", " ") for text in (run(name, COLUMNS=columns), run(name)))
    assert max(map(len, narrow.splitlines())) <= int(columns)
    named = {word for word in wide.split() if len(word) <= int(columns) and "─" not in word}
    assert set(_worded(" ".join(named))) <= set(_worded(narrow))


@pytest.mark.parametrize("name", TABLES)
def test_colours_and_the_next_program_change_no_word_of_a_table(run: Callable[..., str], name: str) -> None:
    plain, forced = run(name), run(name, FORCE_COLOR="1")
    assert "\x1b" not in plain
    assert "\x1b" in forced
    assert _worded(COLOURS.sub("", forced)) == _worded(plain)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", run(name, FORCE_COLOR="1", NO_COLOR="1"))


def _worded(told: str) -> list[str]:
    """Leave out what moves from run to run: ages, sizes and speeds."""
    return re.sub(r"[\d.,]+", "0", told).split()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_shown_on_a_terminal_without_arrows_and_emoji(run_cli: Run, shown: Shown, name: str) -> None:
    ended = run_cli(*shown.words[name], charset="latin-1", **shown.environment)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert all(identifier in ended.stdout for identifier in shown.ids.get(name, ()))


HOSTILE = "shop\x1b]0;title\x9b31m\u202e\u061c"
SHOWN = "shop\\u001b]0;title\\u009b31m\\u202e\\u061c"


def test_what_stands_in_a_table_or_a_block_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("Name", "State"), [(HOSTILE, Text(HOSTILE, "red"))], folded=("Name",))
    show_block([("Status", Text(HOSTILE, "red")), ("Leads to", HOSTILE)])
    told = capsys.readouterr().out
    assert told.count(SHOWN) == 4
    assert not set(told) & set("\x1b\x9b\u202e\u061c")


def test_the_name_of_an_account_that_was_imported_cannot_steer_the_terminal(
    run_cli: Run, given: dict[str, str], store: redis.Redis
) -> None:
    account = open_accounts(Settings.from_env(given)).add("shop")
    store.hset(keys.account(account.sid), "name", HOSTILE)
    assert SHOWN in run_cli("accounts", "list", **given).stdout


def test_what_an_error_quotes_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch, run_cli: Run) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ShortlinkError(HOSTILE)

    monkeypatch.setattr(main.commands["status"], "callback", fail)
    assert run_cli("status", "a").stderr == f"shortlink: {SHOWN}\n"


@pytest.mark.parametrize("name", TABLES)
def test_json_is_never_coloured(run: Callable[..., str], name: str) -> None:
    told = run(name, "--json", FORCE_COLOR="1")
    assert "\x1b" not in told
    assert json.loads(told)
