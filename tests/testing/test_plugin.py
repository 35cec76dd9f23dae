"""The pytest plugin, in a test run of its own, as a customer has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shortlink.testing.service import ServiceDidNotStart, running_service

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "testing-your-integration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MORE = """
import pytest


def test_settings_of_the_project_reach_the_service_and_those_of_the_shell_do_not(sms_service, handset, carrier_faults):
    sms_service.client.send("See https://shop.example/sale", to="+818011234567", sender="shop", track=True)
    code = handset.wait_for_message().text.rpartition("/")[2]
    assert len(code) == 12


def test_each_test_begins_with_empty_phones(handset):
    assert handset.messages() == []
    assert handset.callbacks() == []
    with pytest.raises(AssertionError, match="a message did not come within 0.1 s"):
        handset.wait_for_message(seconds=0.1)


def test_a_fault_is_off_again_in_the_next_test(carrier_faults):
    carrier_faults.set(busy_429=1)
    with pytest.raises(ValueError, match="unknown switches: nonsense"):
        carrier_faults.set(nonsense=1)


def test_the_next_test(sms_service, handset, carrier_faults):
    assert carrier_faults.struck() == {}
    sms_service.client.send("Hi again", to="+818011234567", sender="shop")
    assert handset.wait_for_message(containing="again").to == "+818011234567"


def test_who_waits_in_vain_is_told_where_the_message_stands(sms_service, carrier_faults):
    carrier_faults.set(busy_429=1)
    msgid = sms_service.client.send("Hi", to="+818011234567", sender="shop").msgid
    with pytest.raises(AssertionError, match="a message that is (QUEUED|DELIVERING) did not come"):
        sms_service.wait_until_final(msgid, seconds=0.3)
"""


@pytest.mark.timeout(180)
def test_the_documented_tests_pass_in_a_run_of_their_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)  # as a shell has it that sends for real
    monkeypatch.setenv("SHORTLINK_API_URL", "https://sms.example.com")
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nshortlink_settings = ["SHORTLINK_CODE_LENGTH=12"]\n')
    pytester.makepyfile(test_documented="\n\n".join(EXAMPLES), test_more=MORE)
    ended = pytester.runpytest_subprocess("-q", "-W", "error", "-p", "no:valkey", "-p", "no:cacheprovider")
    ended.assert_outcomes(passed=5 + PAGE.count("\ndef test_"))


def test_a_setting_without_a_value_is_named_before_anything_is_started() -> None:
    refused = pytest.raises(ServiceDidNotStart, match="'SHORTLINK_CODE_LENGTH 12' is no setting")
    with refused, running_service(["SHORTLINK_CODE_LENGTH 12"]):
        pass


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("CODE_LENGTH=12", "CODE_LENGTH is not a setting; is SHORTLINK_CODE_LENGTH meant?"),
        ("shortlink_code_lenght=12", "shortlink_code_lenght is not a setting; is SHORTLINK_CODE_LENGTH meant?"),
        ("TWILIO_ACOUNT_SID=AC1", "TWILIO_ACOUNT_SID is not a setting; is TWILIO_ACCOUNT_SID meant?"),
        ("COLOUR=blue", "COLOUR is not a setting; docs/configuration.md lists them all"),
        ("SHORTLINK_DATA=/tmp", "SHORTLINK_DATA is not a setting; docs/configuration.md lists them all"),
        ("=12", "nothing is not a setting"),
    ],
)
def test_what_is_no_setting_is_named_with_what_would_be_before_anything_is_started(line: str, told: str) -> None:
    settings = ["OTEL_SERVICE_NAME=mine", "SHORTLINK_FAIL_WORD=FAILED", line]
    with pytest.raises(ServiceDidNotStart, match=re.escape(told)) as refused, running_service(settings):
        pass
    assert "OTEL" not in str(refused.value)
    assert "FAIL_WORD" not in str(refused.value)


def test_a_project_that_does_not_use_it_loads_nothing_for_it() -> None:
    script = """
import sys
before = set(sys.modules)
import pytest
pytest_itself = set(sys.modules)
import shortlink.testing.plugin
added = {name for name in set(sys.modules) - pytest_itself}
assert added == {"shortlink", "shortlink.testing", "shortlink.testing.plugin"}, added
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=dict(os.environ))
