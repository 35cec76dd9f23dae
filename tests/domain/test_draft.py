"""A draft is checked field by field, every fault at once."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from shortlink.domain.draft import BLANK, LOST_PLUS, NO_PLUS, NOT_BOOLEAN, NOT_TEXT, REQUIRED, Draft, check_draft
from shortlink.domain.errors import InvalidFields

GOOD: dict[str, Any] = {"text": "Hello", "recipient": "+818011234567", "sender": "SHOP"}


def faults(**given: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as caught:
        check_draft(GOOD | given)
    return caught.value.fields


def test_what_is_left_out_is_not_asked_for() -> None:
    nothing_else = Draft(**GOOD, tags=(), tracked=False, report_url=None, click_url=None)
    assert check_draft(GOOD) == check_draft(GOOD | {"tags": None, "report_url": None}) == nothing_else


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        check_draft({"sender": "", "recipient": "+8108012345678", "tracked": "maybe", "report_url": "javascript:x"})
    assert caught.value.fields == {
        "text": [REQUIRED],
        "recipient": ["Invalid recipient"],
        "sender": [BLANK],
        "tracked": [NOT_BOOLEAN],
        "report_url": ["Enter a valid URL."],
    }


@pytest.mark.parametrize("name", ["text", "recipient", "sender"])
@pytest.mark.parametrize("value", [None, "", "  ", 5.5, ["x"], {"a": 1}, True])
def test_what_is_required_must_be_text(name: str, value: Any) -> None:
    assert list(faults(**{name: value})) == [name]


def test_a_text_that_no_phone_can_show_is_refused() -> None:
    assert faults(text="half a pair \ud83d") == {"text": [NOT_TEXT]}
    assert list(faults(text="nul \x00")) == ["text"]


@pytest.mark.parametrize(
    "text",
    [
        *("", " \t\r\n", "\u3000\xa0", "\u200b", "\ufeff", " \u200b\ufeff\n\u2060", "\u200d\u200f\xad"),
        *("\u3164", "\u115f\u1160\uffa0", "\u2800 \u2800", "\u202a\u202c\u2066\u2069", "\u180e\u034f\ufe0f"),
        *("\x07\x1b", "\x85", "\u2063\u206f", "\ufff9\ufffb"),
    ],
)
def test_a_message_of_which_nothing_is_seen_is_a_blank_one(text: str) -> None:
    assert faults(text=text) == {"text": [BLANK]}


@pytest.mark.parametrize(
    "text", [" .", "\u200b1\u200b", "\ufeffHello", "👨\u200d👩\u200d👧", "\u200f\u05d0", "\u3164가", "☺\ufe0f"]
)
def test_what_is_seen_is_sent_with_all_that_stands_around_it(text: str) -> None:
    assert check_draft(GOOD | {"text": text}).text == text


YES = ("true", "TRUE", " True ", "1", "on", "Yes", "y", "T", 1, True)
NO = ("false", "False", "0", "", "off", "No", "n", "F", 0, False, None)


@pytest.mark.parametrize(("value", "tracked"), [(word, True) for word in YES] + [(word, False) for word in NO])
def test_every_spelling_of_yes_and_no_is_understood(value: Any, tracked: bool) -> None:
    assert check_draft(GOOD | {"tracked": value}).tracked is tracked


@pytest.mark.parametrize("value", ["yess", "2", "-1", "null", 2, -1, [], {}, 0.5, "真"])
def test_any_other_word_is_no_boolean(value: Any) -> None:
    assert faults(tracked=value) == {"tracked": [NOT_BOOLEAN]}


@pytest.mark.parametrize("name", ["recipient", "sender"])
def test_a_number_whose_plus_a_form_took_for_a_space_is_told_how_to_write_it(name: str) -> None:
    assert faults(**{name: " 818011234567"}) == {name: [f"Invalid {name}", LOST_PLUS]}
    for other in ("  818011234567", " 8180 11234567", " shop", "818011234567 x"):
        assert faults(**{name: other}) == {name: [f"Invalid {name}"]}


@pytest.mark.parametrize("value", [" spring , ,tokyo,", [" spring", "tokyo "], "spring,tokyo"])
def test_tags_are_trimmed_and_keep_their_order(value: Any) -> None:
    assert check_draft(GOOD | {"tags": value}).tags == ("spring", "tokyo")


MOST_TAGS = [f"{number:064}" for number in range(20)]


def test_as_many_tags_as_there_may_be_are_taken_however_long_they_may_be() -> None:
    assert list(check_draft(GOOD | {"tags": MOST_TAGS}).tags) == MOST_TAGS


@pytest.mark.parametrize(
    "value", [[*MOST_TAGS, "a"], ["a", "x" * 65], ["a", "a,b"], ["a\nb", "a"], ["a", 5.5], 5.5, [True], [None]]
)
def test_tags_out_of_bounds_are_refused(value: Any) -> None:
    assert list(faults(tags=value)) == ["tags"]


@pytest.mark.parametrize("tag", ["春　セール", "👨\u200d👩\u200d👧", "می\u200cخواهم", "a\u00a0b"])
def test_spaces_of_all_kinds_and_joiners_may_stand_in_a_tag(tag: str) -> None:
    assert check_draft(GOOD | {"tags": tag}).tags == (tag,)


@pytest.mark.parametrize(
    "mark", ["\n", "\x00", "\x85", "\u2028", "\u2029", "\u202a", "\u202e", "\u2067", "\ue000", "\ud800", "\U0010ffff"]
)
def test_what_no_line_can_show_may_not_stand_in_a_tag(mark: str) -> None:
    assert list(faults(tags=[f"a{mark}b"])) == ["tags"]


def test_a_click_address_is_looked_at_only_when_clicks_are_tracked() -> None:
    assert check_draft(GOOD | {"click_url": "nonsense://"}).click_url is None
    assert list(faults(click_url="nonsense://", tracked=True)) == ["click_url"]


def test_private_addresses_are_refused_unless_they_are_allowed() -> None:
    given = GOOD | {"report_url": "http://127.0.0.1:9000/x"}
    assert check_draft(given, callback_allow=[ip_network("127.0.0.0/8")]).report_url == "http://127.0.0.1:9000/x"
    assert list(faults(report_url="http://127.0.0.1:9000/x")) == ["report_url"]


def test_a_whole_number_is_the_text_that_it_is_written_as_in_every_field() -> None:
    draft = check_draft(GOOD | {"text": 483920, "sender": 8145, "tags": [2026, "spring"]})
    assert (draft.text, draft.sender, draft.tags) == ("483920", "8145", ("2026", "spring"))
    assert check_draft(GOOD | {"tags": 2026}).tags == ("2026",)


def test_a_recipient_that_is_a_number_is_told_what_it_lacks() -> None:
    assert faults(recipient=818011234567) == {"recipient": ["Invalid recipient", NO_PLUS]}


@pytest.mark.parametrize("name", ["text", "recipient", "sender", "tags", "report_url"])
@pytest.mark.parametrize("value", [1.1, 1e22, True])
def test_a_fraction_is_no_text_because_it_may_come_out_otherwise_than_it_was_written(name: str, value: Any) -> None:
    assert faults(**{name: value}) == {name: [NOT_TEXT]}
