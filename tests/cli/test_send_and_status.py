"""`shortlink send` and `shortlink status`, against the real API door."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shortlink.bootstrap.doors import build
from shortlink.bootstrap.operations import Inspection, open_accounts
from shortlink.cli import main
from shortlink.client import Client
from shortlink.config import Settings
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.web.app import create_app
from tests.client.serving import Service, serving

Run = Callable[..., Result]
SEND = ("send", "--to", "+818011234567", "--from", "shop")
TEXT = "Sale now https://shop.test/sale until Sunday"


@pytest.fixture
def api(given: dict[str, str]) -> Iterator[Service]:
    settings = Settings.from_env(given)
    account = open_accounts(settings).add("shop")
    with serving(create_app(build(settings))) as url:
        yield Service(url, account.sid, account.auth_token)


@pytest.fixture
def as_account(api: Service) -> dict[str, str]:
    return {"SHORTLINK_API_URL": api.url, "SHORTLINK_SID": api.sid, "SHORTLINK_TOKEN": api.token}


def test_a_message_is_sent_and_its_status_shown(run_cli: Run, as_account: dict[str, str]) -> None:
    sent = run_cli(*SEND, "--text", TEXT, "--track", "--tag", "spring", **as_account)
    assert sent.exit_code == 0, sent.output
    msgid = sent.stdout.strip()
    shown = run_cli("status", msgid, **as_account)
    assert shown.exit_code == 0
    for part in (msgid, "QUEUED", "+818011234567", "spring", "https://shop.test/sale", "none yet"):
        assert part in shown.stdout
    told = json.loads(run_cli("status", msgid, "--json", **as_account).stdout)
    assert (told["msgid"], told["callbacks"]) == (msgid, [])


def test_the_status_shows_every_try_of_a_callback(run_cli: Run, as_account: dict[str, str], here: Inspection) -> None:
    sent = run_cli(*SEND, "--text", TEXT, "--track", "--click-callback", "https://shop.test/c", "--json", **as_account)
    message = here.messages.get(json.loads(sent.stdout)["msgid"])
    here.links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
    claim = here.callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
    assert claim is not None
    attempt = Attempt(at=1_795_301_767_000, duration_ms=41, error="timeout")
    here.callbacks.finish(claim, attempt, state=CallbackState.EXHAUSTED)
    shown = run_cli("status", message.id, **as_account).stdout
    for part in ("click", "exhausted", "2026-11-21 22:56:07 UTC", "timeout", "41"):
        assert part in shown


def test_a_text_is_read_from_the_standard_input(as_account: dict[str, str], here: Inspection) -> None:
    ended = CliRunner().invoke(main, [*SEND, "--text", "-"], env=as_account, input="Hello\nthere\n")
    assert here.messages.get(ended.stdout.strip()).text == "Hello\nthere"


def test_waiting_without_a_final_status_ends_with_1_and_shows_how_it_stands(
    run_cli: Run, as_account: dict[str, str]
) -> None:
    ended = run_cli(*SEND, "--text", "Hi", "--wait", "0", **as_account)
    assert (ended.exit_code, "QUEUED" in ended.stdout) == (1, True)


def test_a_refusal_is_a_sentence_that_names_the_field(run_cli: Run, as_account: dict[str, str]) -> None:
    ended = run_cli("send", "--to", "080", "--from", "shop", "--text", "Hi", **as_account)
    assert ended.exit_code == 1
    assert ended.stderr.startswith("shortlink: 400: recipient: Invalid recipient (request id ")


def test_the_demo_account_and_the_running_service_are_taken_when_none_is_named(
    run_cli: Run, api: Service, directory: Path
) -> None:
    data = DataDirectory(directory)
    data.create()
    data.keep_demo_account(sid=api.sid, auth_token=api.token)
    lock = DirectoryLock(directory)
    lock.claim("up")
    try:
        lock.announce(api_url=api.url)
        assert run_cli(*SEND, "--text", "Hi").exit_code == 0
    finally:
        lock.release()
    assert "start one, or name a service with --api-url" in run_cli(*SEND, "--text", "Hi").stderr


@pytest.mark.parametrize(
    ("words", "code"), [(("status", "a/b"), 2), (("status", "unknown"), 1), (("status", "a1", "--sid", "SL1"), 1)]
)
def test_what_is_not_there_is_told_apart_from_what_makes_no_sense(
    run_cli: Run, as_account: dict[str, str], words: tuple[str, ...], code: int
) -> None:
    assert run_cli(*words, **as_account).exit_code == code


def test_what_is_not_there_is_named(run_cli: Run, as_account: dict[str, str]) -> None:
    assert "no message unknown at this account" in run_cli("status", "unknown", **as_account).stderr


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://127.0.0.1", "http://", "http://127.0.0.1:http"])
def test_an_address_that_is_none_is_a_usage_error(run_cli: Run, as_account: dict[str, str], url: str) -> None:
    ended = run_cli("status", "a1", "--api-url", url, **as_account)
    assert (ended.exit_code, "--api-url" in ended.stderr) == (2, True)


def test_a_refused_connection_is_one_sentence_that_names_the_option(
    run_cli: Run, as_account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shortlink.client.Client", partial(Client, sleep=lambda _: None))
    with socket.socket() as unheard:  # bound and not listening
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        ended = run_cli("status", "a1", "--api-url", url, **as_account)
    assert ended.exit_code == 1
    assert ended.stderr == (f"shortlink: no answer from {url} (connection refused); --api-url names where the API is\n")
