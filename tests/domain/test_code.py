from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hashids import Hashids
from hypothesis import given
from hypothesis import strategies as st

from shortlink.bootstrap.links import CODE_SALT
from shortlink.domain.code import ALPHABET, CODE_LENGTHS, PARTITIONS, CodeMint, partition_of, tapped_code

MINTS = {length: CodeMint("a salt", length) for length in CODE_LENGTHS}


@pytest.mark.parametrize("length", CODE_LENGTHS)
def test_every_code_has_the_length_that_was_set(length: int) -> None:
    mint = MINTS[length]

    drawn = [mint.draw() for _ in range(300)]

    assert {len(code) for code in drawn} == {length}
    assert len(set(drawn)) == len(drawn)
    assert set("".join(drawn)) <= set(ALPHABET)


def test_no_code_holds_characters_that_look_alike() -> None:
    assert not set("0O1lI") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 57


@pytest.mark.parametrize(("length", "bits"), [(8, 37), (9, 42), (10, 47), (11, 53), (12, 58)])
def test_a_code_holds_as_many_random_bits_as_promised(length: int, bits: int) -> None:
    assert MINTS[length].capacity >= 2**bits


@pytest.mark.parametrize("length", CODE_LENGTHS)
@pytest.mark.parametrize("extreme", [0, -1])
def test_the_first_and_the_last_number_give_that_length_too(
    length: int, extreme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda capacity: extreme % capacity)

    code = MINTS[length].draw()

    assert len(code) == length
    assert MINTS[length].accepts(code)


@pytest.mark.parametrize("salt", ["", "a", "another salt", "日本語", "x" * 100])
def test_any_salt_will_do(salt: str) -> None:
    mint = CodeMint(salt, 9)

    assert {len(mint.draw()) for _ in range(50)} == {9}


@pytest.mark.parametrize("length", [0, 7, 13])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="8 to 12"):
        CodeMint("a salt", length)


@pytest.mark.parametrize(("drawn", "now"), list(itertools.product(CODE_LENGTHS, CODE_LENGTHS)))
def test_old_links_live_on_when_the_length_is_changed(drawn: int, now: int) -> None:
    assert all(MINTS[now].accepts(MINTS[drawn].draw()) for _ in range(20))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "favicon.ico",
        "robots.txt",
        "wp-login.php",
        "../../etc",
        "0O1lI0O1l",
        "aaaaaaaaa\n",
        "日本語日本語日本語",
        "%00%00%00",
    ],
)
def test_malformed_codes_are_refused_without_a_look_up(text: str) -> None:
    assert not MINTS[9].accepts(text)


def test_a_code_with_a_nought_before_its_first_digit_is_refused() -> None:
    mint = MINTS[9]
    for code in (MINTS[8].draw() for _ in range(20)):
        nought = min(mint._learn_digits(code[0]).items(), key=lambda one: one[1])[0]
        assert mint.accepts(code)
        assert not mint.accepts(code[0] + nought + code[1:])


def test_codes_of_another_salt_are_refused() -> None:
    other = CodeMint("another salt", 9)

    accepted = sum(MINTS[9].accepts(other.draw()) for _ in range(500))

    assert accepted <= 50  # about one in forty letters happens to be right


@given(st.text(max_size=20) | st.text(alphabet=ALPHABET, min_size=7, max_size=13))
def test_what_is_accepted_has_the_shape_of_a_code(text: str) -> None:
    if MINTS[9].accepts(text):
        assert len(text) in CODE_LENGTHS
        assert set(text) <= set(ALPHABET)


def test_most_random_texts_are_refused() -> None:
    texts = ["".join(secrets.choice(ALPHABET) for _ in range(9)) for _ in range(3000)]

    assert sum(map(MINTS[9].accepts, texts)) < 60
    assert len(ALPHABET) ** 9 / MINTS[9].capacity == pytest.approx(1000, rel=0.01)  # as ADR 0015 says


def wrong_letter(code: str, number: int) -> str:
    place = number % 9
    return code[:place] + secrets.choice(ALPHABET.replace(code[place], "")) + code[place + 1 :]


def without_a_letter(code: str, number: int) -> str:
    place = number % 9
    return code[:place] + code[place + 1 :]


def swapped(code: str, number: int) -> str:
    place = number % 8  # each pair as often as any other
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


@pytest.mark.parametrize(
    ("slip", "refused"),
    [(wrong_letter, 0.49), (without_a_letter, 0.27), (swapped, 0.3), (lambda code, _: code.lower(), 0.9)],
)
def test_mistyped_codes_are_refused_as_often_as_adr_0015_says(slip: Callable[[str, int], str], refused: float) -> None:
    mint = CodeMint(CODE_SALT, 9)
    drawn = [mint.draw() for _ in range(1000)]

    accepted = sum(mint.accepts(slip(code, number)) for number, code in enumerate(drawn))

    assert 1 - accepted / len(drawn) == pytest.approx(refused, abs=0.1)  # six standard deviations


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_code_can_be_drawn_in_a_given_partition(partition: str) -> None:
    assert partition_of(MINTS[9].draw_in(partition)) == partition


@pytest.mark.parametrize("partition", ["", "q", "A", "ab"])
def test_drawing_in_no_partition_is_refused(partition: str) -> None:
    with pytest.raises(ValueError, match="no partition"):
        MINTS[9].draw_in(partition)


def test_partitions_are_evenly_filled() -> None:
    filled = Counter(partition_of(MINTS[9].draw()) for _ in range(8000))

    assert set(filled) == set(PARTITIONS)
    assert min(filled.values()) > 350  # 500 is even; six standard deviations


@pytest.mark.parametrize("code", ["5mRqN5VN", "5kPRqN5VN", "5kRPRqN5VN", "5kRRPRqN5VN", "5kRRRPRqN5VN"])
def test_a_code_is_ours_for_ever(code: str) -> None:
    """Such are in people's phones: another order of the letters would refuse them all."""
    mint = MINTS[len(code)]

    assert mint._encode(mint._least + 12345678901) == code
    assert mint.accepts(code)


@pytest.mark.parametrize(
    ("opened", "code"),
    [
        *(("AZaz09", "AZaz09"), ("AZaz09です", "AZaz09"), ("AZaz09.", "AZaz09"), ("AZ-az", "AZ"), ("ab\u0663", "ab")),
        *(("です", ""), (".AZ", ""), ("Ａbc", ""), ("", "")),
    ],
)
def test_what_follows_a_code_in_a_text_is_no_part_of_it(opened: str, code: str) -> None:
    assert tapped_code(opened) == code


def test_a_partition_never_moves() -> None:
    """These are in stores: a change here would lose every link."""
    assert [partition_of(code) for code in ("abcdefgh", "K8wRxYz2m", "QmZ4vPnE7")] == ["a", "b", "l"]
    assert "".join(PARTITIONS) == "abcdefghijklmnop"


@pytest.mark.parametrize("length", CODE_LENGTHS)
@given(data=st.data())
def test_what_is_accepted_is_what_hashids_would_decode_and_encode_again(length: int, data: st.DataObject) -> None:
    make: Any = Hashids  # it has no type hints
    hashids = make(salt="a salt", alphabet=ALPHABET)
    drawn = MINTS[length].draw()
    place, letter = data.draw(st.integers(0, length - 1)), data.draw(st.sampled_from(ALPHABET + "0é/"))
    for text in (drawn, drawn[:place] + letter + drawn[place + 1 :], drawn[::-1]):
        assert MINTS[length].accepts(text) == (len(hashids.decode(text)) == 1)


@pytest.mark.parametrize("length", CODE_LENGTHS)
def test_what_is_drawn_is_what_hashids_writes(length: int) -> None:
    mint = CodeMint("any salt", length)
    written = {mint.draw() for _ in range(300)}
    for code in written:
        (number,) = mint._hashids.decode(code)
        assert mint._hashids.encode(number) == code
