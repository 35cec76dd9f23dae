from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shortlink.domain.phone import (
    country_of,
    is_costly,
    is_e164,
    mask_number,
    parse_recipient,
    space_number,
    valid_sender,
)


@pytest.mark.parametrize(
    "number",
    [
        "+818012345678",
        "+818011234567",
        "+81312345678",
        "+15005550006",  # Twilio's magic numbers
        "+15005550001",
        "+12025550123",
        "+390612345678",  # an Italian number keeps its zero
        "+447911123456",
        "+4915112345678",
        "+639171234567",
        "+6591234567",
    ],
)
def test_a_number_in_e164_is_taken_as_it_is(number: str) -> None:
    assert parse_recipient(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "hello",
        "+8108012345678",  # the trunk zero after the country code
        "+0808012345678",
        "08012345678",
        "818012345678",
        "8012345678",
        "+81 80 1234 5678",
        "+81-80-1234-5678",
        " +818012345678",
        "+818012345678 ",
        "+818012345678\n",
        "＋818012345678",
        "+８１8012345678",
        "+818012345678;ext=1",
        "+818012345678x1",
        "tel:+818012345678",
        "+81801234abcd",
        "+8180CALLNOW1",
        "++818012345678",
        "+81801234567",
        "+8180123456789",
        "+9991234567890",
        "+" + "1" * 300,
        "+818012345678\x00",
        "\ud800",
    ],
)
def test_any_other_way_to_write_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_recipient(text)

    assert not re.search(r"\d{4}", str(raised.value))


@given(st.text(alphabet="+0123456789 ;ext=()-.ａ１", max_size=30))
def test_what_is_taken_is_plus_and_digits(text: str) -> None:
    try:
        number = parse_recipient(text)
    except ValueError:
        return
    assert number == text
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)


@pytest.mark.parametrize(
    "sender",
    ["A", "Xoxzo", "Shop24", "ABCDEFGHIJ", "AZaz09", "1", "+1", "12345", "1" * 15, "+818012345690", "+" + "9" * 15],
)
def test_senders_that_carriers_know(sender: str) -> None:
    assert valid_sender(sender)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "ABCDEFGHIJK",
        "1" * 16,
        "+" + "1" * 16,
        "+Xoxzo",
        "My Shop",
        "My-Shop",
        "ショップ",
        "Ｘｏｘｚｏ",
        "１２３",
        "Xoxzo\n",
        "12345678901A",
        "Café",
    ],
)
def test_other_senders_are_refused(text: str) -> None:
    assert not valid_sender(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+818012341234", "+81******1234"),
        ("+15005550006", "+15*****0006"),
        ("08012341234", "*******1234"),
        ("+909000000000", "+90******0000"),
        ("12345678", "****5678"),
        ("1234567", "****"),
        ("9" * 15, "***********9999"),
        ("9" * 16, "****"),
        ("+8180123456789", "+81*******6789"),
        ("", "****"),
        ("1234", "****"),
        ("+811234", "****"),
        ("+81123412", "****"),
        ("Xoxzo", "****"),
        ("call +818012341234", "****"),
        ("+818012341234\n", "****"),
        ("+８１8012341234", "****"),
        ("1" * 400, "****"),
    ],
)
def test_a_number_is_masked_for_the_log(text: str, masked: str) -> None:
    assert mask_number(text) == masked


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True))
def test_a_mask_never_shows_more_than_the_country_and_four_digits(text: str) -> None:
    masked = mask_number(text)

    assert re.fullmatch(r"(\+[0-9]{2})?\*{4,11}([0-9]{4})?", masked)
    assert masked != text


def parsed_rule(text: str) -> bool:
    """The rule in the library's own words: parse without a region, valid, and written exactly as E.164 writes it."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(number) and written == text


def is_taken(text: str) -> bool:
    try:
        return parse_recipient(text) == text
    except ValueError:
        return False


@example(country="800", rest="0000000")
@given(
    st.sampled_from(["1", "7", "39", "44", "49", "81", "86", "65", "91", "225", "378", "379", "800", "883", "0"]),
    st.from_regex(r"0{0,3}[0-9]{4,12}", fullmatch=True),
)
def test_taking_a_number_apart_by_itself_decides_as_the_library_does(country: str, rest: str) -> None:
    text = f"+{country}{rest}"
    assert is_taken(text) == parsed_rule(text)


KIND = phonenumbers.PhoneNumberType


def examples(*kinds: int) -> list[str]:
    """Numbers of these kinds, of every country that has some."""
    found = (phonenumbers.example_number_for_type(region, kind) for region in KNOWN_REGIONS for kind in kinds)
    return [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in found if one]


KNOWN_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def test_numbers_that_may_cost_far_more_are_told_from_all_that_people_have() -> None:
    costly = examples(KIND.PREMIUM_RATE, KIND.SHARED_COST)
    usual = examples(KIND.MOBILE, KIND.FIXED_LINE, KIND.VOIP, KIND.TOLL_FREE)
    assert (len(costly) > 150, len(usual) > 600) == (True, True)
    assert [number for number in costly if not is_costly(number)] == []
    assert [number for number in usual if is_costly(number)] == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *(("+1234567", True), ("+" + "9" * 15, True), ("+123456", False), ("+" + "9" * 16, False)),
        *(("+0234567", False), ("1234567", False), ("+1234567\n", False), ("+１234567", False)),
    ],
)
def test_e164_is_a_plus_and_seven_to_fifteen_digits(text: str, right: bool) -> None:
    assert is_e164(text) is right


@pytest.mark.parametrize(
    ("number", "country"),
    [
        *(("+818012345678", "JP"), ("+12025550123", "US"), ("+14165550123", "CA"), ("+77012345678", "KZ")),
        *(("+79161234567", "RU"), ("+442079460000", "GB"), ("+881612345678", "001")),
    ],
)
def test_the_country_of_a_number_is_told_by_more_than_its_code(number: str, country: str) -> None:
    assert country_of(number) == country


def test_a_number_without_a_country_code_has_no_price() -> None:
    with pytest.raises(ValueError, match="country code"):
        is_costly("+9991234567")


@pytest.mark.parametrize("number", ["+881612345678", "+870773111632", "+883510012345"])
def test_a_number_of_no_country_is_costly(number: str) -> None:
    assert is_costly(parse_recipient(number))


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
@pytest.mark.parametrize("kind", [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
def test_an_example_number_of_every_country_is_taken(region: str, kind: int) -> None:
    number = phonenumbers.example_number_for_type(region, kind)
    if number is None:
        assert kind in phonenumbers.PhoneNumberType.values()
        return
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert is_taken(text) == parsed_rule(text)


@pytest.mark.parametrize(
    ("text", "shown"), [("+818012345678", "+81 80-1234-5678"), ("shop", "shop"), ("21610", "21610"), ("", "")]
)
def test_a_number_is_shown_as_its_country_writes_it_and_a_name_as_it_is(text: str, shown: str) -> None:
    assert space_number(text) == shown
