from __future__ import annotations

import pytest

from shortlink.carriers import twilio_errors
from shortlink.carriers.twilio_errors import reason_for

# fmt: off
COMMON = [
    21211, 21212, 21408, 21602, 21606, 21608, 21610, 21611, 21612, 21614, 21617, 21635,
    30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008, 30009, 30010,
    30017, 30018, 30019, 30022, 30023, 30024, 30032, 30033, 30034, 30036, 30410, 30450, 30453, 30500,
    63017, 63038, 20003, 20005, 20006, 20404, 20429,
]
# fmt: on


@pytest.mark.parametrize("code", COMMON)
def test_a_common_code_has_a_reason_of_its_own(code: int) -> None:
    assert reason_for(str(code)) != reason_for("99999").replace("99999", str(code))


def test_reasons_are_short_sentences() -> None:
    for reason in twilio_errors._REASONS.values():
        assert reason.endswith(".")
        assert reason[0].isupper()
        assert len(reason) <= 100


def test_any_other_code_gets_a_general_reason_that_names_it() -> None:
    assert "99999" in reason_for("99999")
    assert "HTTP 502" in reason_for("http-502")


def test_every_code_that_decides_something_has_a_reason() -> None:
    assert set(twilio_errors._REASONS) >= twilio_errors._COMES_RIGHT_LATER | twilio_errors._OURS_TO_MEND
