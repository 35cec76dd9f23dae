"""`shortlink export` and `shortlink import`: what was carried over is as it was, once."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import Result

from shortlink.bootstrap.operations import Inspection, open_accounts
from shortlink.cli.left_out import NOT_ALL, left_out
from shortlink.config import Settings
from shortlink.domain.account import Account
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.event import EventType
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.opt_out import OptOutReason
from shortlink.domain.webhook import Webhook
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import connect
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import SendingStore
from shortlink.storage.webhooks import WebhookStore
from tests.factories import make_message

Run = Callable[..., Result]
Accept = Callable[..., Message]
State = dict[str, tuple[object, int]]


@pytest.fixture
def sid(given: dict[str, str]) -> str:
    desk = open_accounts(Settings.from_env(given))
    sid = desk.add("shop").sid
    desk.disable(sid)
    desk.enable(sid)
    return sid


@pytest.fixture
def filled(here: Inspection, accept: Accept, sid: str, given: dict[str, str]) -> list[Message]:
    """A message that is to be sent, one whose callbacks are owed, one that is over, and one of another account."""
    waiting, tapped = (accept(here, make_message(account=sid, code=code)) for code in CODES[:2])
    over = accept(here, make_message(account=sid, code=CODES[2], report_url=None))
    here.links.follow(tapped.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
    sendings = SendingStore(connect(given["SHORTLINK_REDIS_URL"]))
    for one in (tapped, over):
        receipt = DeliveryReceipt(carrier_id="SM" + one.code, status=MessageStatus.DELIVERED)
        sendings.advance(one.code, receipt, poll_ms=0, report_ms=0)
    other = accept(here, make_message(account="SLother", code=CODES[3]))
    webhook = Webhook(
        id="wh_1", account=sid, url="https://shop.test/", events=(EventType.LINK_CLICKED,), created_at=1, begins_after=7
    )
    here.opt_outs.change(sid, "+818011234567", out=True, reason=OptOutReason.OPERATOR)
    WebhookStore(connect(given["SHORTLINK_REDIS_URL"])).add(webhook)
    SenderStore(connect(given["SHORTLINK_REDIS_URL"]), b"k" * 32).note("15005550006", sid, "+818011234567")
    return [waiting, tapped, over, other]


CODES = ("7gbpv6YAK", "9DEBPALva", "QABeveaEM", "BG5Eb2o8y")


def everything(store: redis.Redis) -> State:
    """Read all that an export is to carry; what is never read again has no place in it."""
    found: State = {}
    for key in map(str, store.scan_iter()):
        if (
            key.startswith(("rq:", "seen:", "housekeeping"))
            or key.endswith(("}ev", "}turn", "{webhooks}"))
            or "}in:" in key
        ):
            continue
        found[key] = (content_of(store, key), int(store.pexpiretime(key)))
    return found


def content_of(store: redis.Redis, key: str) -> object:
    match store.type(key):
        case "hash":  # an imported webhook begins with the first event of its new archive
            found: dict[str, str] = store.hgetall(key)  # type: ignore[assignment]
            return {name: value.replace('"begins_after":7', '"begins_after":0') for name, value in found.items()}
        case "zset":
            return store.zrange(key, 0, -1, withscores=True)
        case "list":
            return sorted(store.lrange(key, 0, -1))
    return store.smembers(key)


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_everything_arrives_as_it_was_and_a_second_import_changes_nothing(
    run_cli: Run, given: dict[str, str], store: redis.Redis, filled: list[Message], tmp_path: Path, name: str
) -> None:
    before, file = everything(store), tmp_path / name
    assert run_cli("export", str(file), **given).stdout == f"4 messages are in {file}.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.flushall()
    first = run_cli("import", str(file), "--take-over", "--json", **given)
    assert json.loads(first.stdout) == {"new": 8, "known": 0, "ended": 0, "left_out": [], "same_key": True}
    assert everything(store) == before
    assert '"begins_after":0' in store.hgetall(keys.webhooks(filled[0].account))["wh_1"]
    again = run_cli("import", str(file), "--take-over", **given)
    assert again.stdout == "Accounts, opt-outs, webhooks, senders, messages: 0 new, 8 known already, 0 ended since.\n"
    assert everything(store) == before


def test_what_has_changed_since_is_not_put_back(
    run_cli: Run, given: dict[str, str], here: Inspection, filled: list[Message], tmp_path: Path
) -> None:
    run_cli("export", str(tmp_path / "all"), **given)
    here.links.switch(filled[0].code, on=False, by="api")
    run_cli("import", str(tmp_path / "all"), "--take-over", **given)
    link = here.messages.get(filled[0].id).link
    assert link is not None
    assert link.disabled


def test_messages_still_owed_are_not_taken_over_unless_it_is_said(
    run_cli: Run, given: dict[str, str], store: redis.Redis, filled: list[Message], tmp_path: Path
) -> None:
    run_cli("export", str(tmp_path / "all"), **given)
    store.flushall()
    refused = run_cli("import", str(tmp_path / "all"), **given)
    assert (refused.exit_code, "--take-over" in refused.stderr) == (1, True)
    assert store.zcard(keys.due_messages(filled[0].id[0])) == 0
    over = [line for line in (tmp_path / "all").read_text().splitlines() if not is_of(line, {*CODES} - {CODES[2]})]
    (tmp_path / "over").write_text("\n".join(over))
    assert run_cli("import", str(tmp_path / "over"), **given).exit_code == 0
    assert store.exists(keys.record(CODES[2]))


def is_of(line: str, codes: set[str]) -> bool:
    """Whether a line of an export is one of these messages."""
    return json.loads(line).get("code") in codes


def test_one_account_is_exported_alone(
    run_cli: Run, given: dict[str, str], filled: list[Message], sid: str, tmp_path: Path
) -> None:
    other = Account(sid=filled[3].account, name="Other", token_hash="h", created_at=1)
    AccountStore(connect(given["SHORTLINK_REDIS_URL"])).add(other)
    run_cli("export", str(tmp_path / "one"), "--account", sid, **given)
    lines = [json.loads(line) for line in (tmp_path / "one").read_text().splitlines()]
    assert [one["kind"] for one in lines] == [
        "export",
        "account",
        "opt-outs",
        "webhooks",
        "sender",
        "message",
        "message",
        "message",
    ]
    assert {one["fields"]["a"] for one in lines[5:]} == {sid}
    theirs = run_cli("export", "-", "--account", other.sid, **given).stdout.splitlines()
    assert [json.loads(line).get("code") for line in theirs] == [None, None, filled[3].code]
    assert run_cli("export", str(tmp_path / "none"), "--account", "SLnobody", **given).exit_code == 1


def test_an_export_to_the_standard_output_is_nothing_but_lines(
    run_cli: Run, given: dict[str, str], filled: list[Message]
) -> None:
    lines = run_cli("export", "-", **given).stdout.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        "export",
        "account",
        "opt-outs",
        "webhooks",
        "sender",
        *["message"] * 4,
    ]


def test_another_secret_key_is_told_with_what_to_do(
    run_cli: Run, given: dict[str, str], store: redis.Redis, sid: str, tmp_path: Path
) -> None:
    run_cli("export", str(tmp_path / "all"), **given)
    store.flushall()
    ended = run_cli("import", str(tmp_path / "all"), **given | {"SHORTLINK_SECRET_KEY": "x" * 32})
    assert (ended.exit_code, "shortlink accounts rotate SID" in ended.stderr) == (0, True)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("hello\n", 1),
        ('{"kind": "export", "format": 99}\n', 1),
        ('{"kind": "message", "format": 1}\n', 1),
        ("[]\n", 1),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_a_sentence(
    run_cli: Run, given: dict[str, str], store: redis.Redis, tmp_path: Path, content: str, line: int
) -> None:
    (tmp_path / "file").write_text(content)
    ended = run_cli("import", str(tmp_path / "file"), **given)
    assert (ended.exit_code, ended.stderr.startswith("shortlink: ")) == (1, True)
    assert f"line {line} " in ended.stderr


RECORD_DAMAGES: dict[str, Callable[[redis.Redis, str], object]] = {
    "no hash": lambda store, name: store.set(name, "no hash", keepttl=True),
    "no text": lambda store, name: store.hset(name, "t", b"\xff\xfe"),
    "no time": lambda store, name: store.hdel(name, "A"),
    "no account": lambda store, name: store.hdel(name, "a"),
    "a time beyond all": lambda store, name: store.hset(name, "A", "9" * 30),
    "no end": lambda store, name: store.persist(name),
}


@pytest.mark.parametrize("damage", RECORD_DAMAGES.values(), ids=RECORD_DAMAGES)
def test_an_export_goes_on_beside_a_damaged_record_and_names_it(
    run_cli: Run,
    given: dict[str, str],
    store: redis.Redis,
    filled: list[Message],
    tmp_path: Path,
    damage: Callable[[redis.Redis, str], object],
) -> None:
    damaged = filled[1]
    damage(store, keys.record(damaged.code))
    ended = run_cli("export", str(tmp_path / "all"), "--json", **given)
    named = [f"message {damaged.code}"]
    assert json.loads(ended.stdout) == {"messages": 3, "left_out": named}
    assert (ended.exit_code, f"cannot be read: 1 ({named[0]})" in ended.stderr) == (NOT_ALL, True)
    assert damaged.recipient not in ended.output
    store.flushall()
    run_cli("import", str(tmp_path / "all"), "--take-over", **given)
    assert {code for code in CODES if store.exists(keys.record(code))} == {*CODES} - {damaged.code}


def test_an_export_of_one_account_leaves_others_damaged_records_alone(
    run_cli: Run, given: dict[str, str], store: redis.Redis, filled: list[Message], sid: str, tmp_path: Path
) -> None:
    store.hset(keys.record(filled[3].code), "t", b"\xff")
    ended = run_cli("export", str(tmp_path / "one"), "--account", sid, **given)
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_an_export_goes_on_beside_damaged_accounts_opt_outs_and_webhooks(
    run_cli: Run, given: dict[str, str], store: redis.Redis, filled: list[Message], sid: str, tmp_path: Path
) -> None:
    store.hset(keys.account(sid), "name", b"\xff")
    store.set(keys.webhooks(sid), "no hash")
    [opt_outs] = store.scan_iter(match=f"*stop:{sid}")
    store.hset(str(opt_outs), "digest", b"\xff")
    ended = run_cli("export", str(tmp_path / "all"), "--json", **given)
    partition = str(opt_outs)[1]
    assert json.loads(ended.stdout) == {
        "messages": 4,
        "left_out": [f"account {sid}", f"opt-outs of {sid} in partition {partition}", f"webhooks of {sid}"],
    }
    assert ended.exit_code == NOT_ALL


def changed(line: str, **fields: str | None) -> str:
    """Write a message's line anew with some of its fields changed, or left out."""
    one = json.loads(line)
    one["fields"] = {name: value for name, value in {**one["fields"], **fields}.items() if value is not None}
    return json.dumps(one)


LINE_DAMAGES: dict[str, Callable[[str], str]] = {
    "its time is missing": lambda line: changed(line, A=None),
    "its time is garbled": lambda line: changed(line, A="yesterday"),
    "its time is beyond all": lambda line: changed(line, A="9" * 30),
    "its text is half a surrogate pair": lambda line: changed(line, t="\ud800"),
    "its end is missing": lambda line: line.replace('"ends_at"', '"end"'),
    "its end is beyond all": lambda line: json.dumps({**json.loads(line), "ends_at": 10**30}),
    "its fields are a list": lambda line: json.dumps({**json.loads(line), "fields": []}),
    "it was cut off": lambda line: line[:40],
    "it is a list": lambda _: "[]",
    "its partition is none": lambda line: json.dumps(
        {"kind": "opt-outs", "partition": "z", "account": "SLa", "code": json.loads(line)["code"], "fields": {"a": "b"}}
    ),
    "it is of no kind": lambda line: line.replace('"message"', '"massage"'),
}


@pytest.mark.parametrize("damage", LINE_DAMAGES.values(), ids=LINE_DAMAGES)
def test_an_import_goes_on_behind_a_damaged_line_and_names_it(
    run_cli: Run,
    given: dict[str, str],
    store: redis.Redis,
    filled: list[Message],
    tmp_path: Path,
    damage: Callable[[str], str],
) -> None:
    run_cli("export", str(tmp_path / "all"), **given)
    lines = (tmp_path / "all").read_text().splitlines()
    code = json.loads(lines[5])["code"]
    whole, lines[5] = lines[5], damage(lines[5])
    (tmp_path / "all").write_text("\n".join(lines) + "\n")
    store.flushall()
    ended = run_cli("import", str(tmp_path / "all"), "--take-over", "--json", **given)
    [named] = json.loads(ended.stdout)["left_out"]
    assert named == (f"line 6 (message {code})" if lines[5].endswith("}") else "line 6")
    assert (ended.exit_code, named in ended.stderr, json.loads(ended.stdout)["new"]) == (NOT_ALL, True, 7)
    assert filled[0].recipient.strip("+") not in ended.output
    assert {one for one in CODES if store.exists(keys.record(one))} == {*CODES} - {code}
    lines[5] = whole
    (tmp_path / "all").write_text("\n".join(lines))
    assert run_cli("import", str(tmp_path / "all"), "--take-over", **given).exit_code == 0
    assert store.exists(keys.record(code))


def test_a_damaged_line_is_not_told_by_what_stands_in_place_of_its_code(
    run_cli: Run, given: dict[str, str], store: redis.Redis, filled: list[Message], tmp_path: Path
) -> None:
    run_cli("export", str(tmp_path / "all"), **given)
    lines = (tmp_path / "all").read_text().splitlines()
    lines[5] = json.dumps({**json.loads(lines[5]), "code": "818011234567"})
    (tmp_path / "all").write_text("\n".join(lines))
    ended = run_cli("import", str(tmp_path / "all"), "--take-over", **given)
    assert (ended.exit_code, "(line 6)" in ended.stderr) == (NOT_ALL, True)


def test_of_very_many_that_are_left_out_some_are_named() -> None:
    told = left_out([f"line {number}" for number in range(1, 1001)], "Mend them.")
    assert "1,000 (line 1, " in told
    assert "line 20 and 980 more). Mend them." in told


def test_a_file_that_is_there_is_not_overwritten(run_cli: Run, given: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert run_cli("export", str(tmp_path / "file"), **given).exit_code == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_an_export_that_fails_leaves_no_half_a_file(
    run_cli: Run, given: dict[str, str], store: redis.Redis, tmp_path: Path
) -> None:
    ended = run_cli("export", str(tmp_path / "all.gz"), "--account", "SLnobody", **given)
    assert (ended.exit_code, "there is no account SLnobody" in ended.stderr) == (1, True)
    assert not (tmp_path / "all.gz").exists()
