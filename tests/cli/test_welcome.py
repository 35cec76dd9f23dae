"""What is printed once everything runs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from shortlink.cli.demo_account import limit_command, rotate_command
from shortlink.cli.welcome import Welcome
from shortlink.domain.draft import check_draft
from shortlink.domain.errors import InvalidFields


def _welcome(
    *, auth_token: str | None = "slk_1", for_new_token: str = "", for_limit: str = "", **changes: bool
) -> Welcome:
    return Welcome(
        api_url="http://127.0.0.1:8000",
        link_url="http://127.0.0.1:8001",
        simulator_url="http://127.0.0.1:8002",
        sid="SL1",
        auth_token=auth_token,
        for_new_token=for_new_token,
        for_limit=for_limit,
        webhook_secret="whsec_1",
        twilio_account_sid="AC1",
        twilio_auth_token="t",
        redis_url="unix:///s?db=0",
        **changes,
    )


def test_the_line_for_programs_has_exactly_the_promised_names() -> None:
    line = _welcome().as_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "ready": True,
        "api_url": "http://127.0.0.1:8000",
        "link_url": "http://127.0.0.1:8001",
        "simulator_url": "http://127.0.0.1:8002",
        "sid": "SL1",
        "auth_token": "slk_1",
        "webhook_secret": "whsec_1",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "t",
        "redis_url": "unix:///s?db=0",
    }


def test_the_command_to_paste_is_one_line_that_a_shell_takes_apart_rightly() -> None:
    command = _welcome().curl()
    words = shlex.split(command)
    assert "\n" not in command
    assert words[:4] == ["curl", "-u", "SL1:slk_1", "http://127.0.0.1:8000/sms/messages/"]
    fields = dict(word.split("=", 1) for word in words[5::2])
    assert fields["recipient"] == "+818011234567"
    assert fields["track_link"] == "true"
    assert " http://127.0.0.1:8002/landing " in fields["message"]
    assert fields["callbackurl"] == fields["lt_callbackurl"] == "http://127.0.0.1:8002/callbacks/demo"


def test_the_screen_shows_all_that_a_first_message_needs(capsys: pytest.CaptureFixture[str]) -> None:
    welcome = _welcome()
    welcome.show()
    screen = capsys.readouterr().out
    wanted = ["http://127.0.0.1:8000", "http://127.0.0.1:8002/handset/", "SL1", "slk_1", welcome.curl()]
    assert [text for text in wanted if text not in screen] == []
    assert "\033" not in screen


def test_real_messages_are_announced_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    _welcome(through_twilio=True, real=True).show()
    screen = capsys.readouterr().out
    assert "this costs money" in screen
    assert "Twilio cannot reach this machine" in screen
    _welcome(through_twilio=True, real=True, public=True).show()
    assert "Twilio cannot reach this machine" not in capsys.readouterr().out


def test_the_command_to_paste_writes_to_nobody_while_messages_are_real() -> None:
    fields = dict(word.split("=", 1) for word in shlex.split(_welcome(through_twilio=True, real=True).curl())[5::2])
    assert list(faults(fields)) == ["recipient"]


def faults(fields: dict[str, str]) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as caught:
        check_draft({"text": fields["message"], "recipient": fields["recipient"], "sender": fields["sender"]})
    return caught.value.fields


def test_a_server_in_twilios_place_is_sent_to_as_the_simulator_is(capsys: pytest.CaptureFixture[str]) -> None:
    welcome = _welcome(through_twilio=True, unlimited=True)
    assert welcome.curl() == _welcome().curl()
    welcome.show()
    screen = capsys.readouterr().out
    assert "costs money" not in screen
    assert "messages go to SHORTLINK_TWILIO_URL" in screen


def test_who_sends_real_messages_without_limit_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    for_limit = limit_command("SL1", Path("/srv/data"), 10.0)
    _welcome(through_twilio=True, real=True, unlimited=True, for_limit=for_limit).show()
    assert "`shortlink accounts set SL1 --send-rate 10 --data /srv/data` does" in capsys.readouterr().out
    _welcome(through_twilio=True, real=True, for_limit=for_limit).show()
    _welcome(unlimited=True, for_limit=for_limit).show()
    assert for_limit not in capsys.readouterr().out


def test_a_token_that_was_replaced_is_not_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    _welcome(auth_token=None, for_new_token=rotate_command("SL1", Path("/var/lib/my data"))).show()
    screen = capsys.readouterr().out
    assert "`shortlink accounts rotate SL1 --data '/var/lib/my data'` makes one" in screen
    assert "curl -u SL1:YOUR_TOKEN " in screen
