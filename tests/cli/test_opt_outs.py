"""`shortlink opt-outs …`."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import CliRunner, Result

from shortlink.cli import main

Run = Callable[..., Result]
NUMBER = "+818011234567"


def test_an_opt_out_is_added_asked_for_and_removed(run_cli: Run, given: dict[str, str]) -> None:
    sid = json.loads(run_cli("accounts", "add", "shop", "--json", **given).stdout)["sid"]
    assert run_cli("opt-outs", "add", sid, NUMBER, **given).stdout == "+81******4567 has opted out.\n"
    assert run_cli("opt-outs", "add", sid, NUMBER, **given).stdout == "+81******4567 has opted out, as before.\n"
    (found,) = json.loads(run_cli("opt-outs", "list", sid, "--json", **given).stdout)
    assert (found["reason"], len(found["digest"])) == ("operator", 24)
    asked = run_cli("opt-outs", "list", sid, "--number", NUMBER, **given).stdout
    assert asked == f"+81******4567 has opted out of the messages of {sid}.\n"
    assert run_cli("opt-outs", "remove", sid, NUMBER, **given).stdout == "+81******4567 may be sent to.\n"
    assert run_cli("opt-outs", "list", sid, **given).stdout == "Nobody has opted out.\n"


def test_an_unknown_account_and_a_number_that_is_none_are_told(run_cli: Run, given: dict[str, str]) -> None:
    unknown = run_cli("opt-outs", "add", "SLnobody", NUMBER, **given)
    assert (unknown.exit_code, "there is no account SLnobody" in unknown.stderr) == (1, True)
    assert "E.164" in run_cli("opt-outs", "add", "SLnobody", "0801", **given).stderr


def test_one_number_at_a_time_is_read_from_the_standard_input(given: dict[str, str]) -> None:
    for words in (["opt-outs", "add", "SL1", "-"], ["erase", "-"]):
        two = CliRunner().invoke(main, words, env=given, input=f"{NUMBER}\n+818011110000\n")
        assert (two.exit_code, "one number at a time" in two.stderr) == (2, True)
