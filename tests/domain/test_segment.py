from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlink.domain.segment import count_segments

GSM_7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "^{}\\[~]|€\f"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a", "GSM-7", 1, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        ("a" * 660, "GSM-7", 660, 5),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 158 + "€", "GSM-7", 160, 1),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # dividing says 2
        ("€" * 153, "GSM-7", 306, 3),
        ("€" + "a" * 304, "GSM-7", 306, 2),
        ("\r\n" * 80, "GSM-7", 160, 1),
        ("\f", "GSM-7", 2, 1),
        ("あ", "UCS-2", 1, 1),
        ("あ" * 70, "UCS-2", 70, 1),
        ("あ" * 71, "UCS-2", 71, 2),
        ("あ" * 134, "UCS-2", 134, 2),
        ("あ" * 135, "UCS-2", 135, 3),
        ("あ" * 660, "UCS-2", 660, 10),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("😀" * 66, "UCS-2", 132, 2),
        ("😀" * 67, "UCS-2", 134, 3),  # dividing says 2
        ("あ" * 66 + "😀" + "あ" * 66, "UCS-2", 134, 3),
        ("a" * 70 + "’", "UCS-2", 71, 2),  # one curly quote turns the text
        ("\x1b", "UCS-2", 1, 1),
        ("ç", "UCS-2", 1, 1),  # only the capital Ç is in the table
        ("\t", "UCS-2", 1, 1),
        ("`", "UCS-2", 1, 1),
        ("か\u3099", "UCS-2", 2, 1),  # か and a combining mark
        ("\ud83d", "UCS-2", 1, 1),
        ("\uffff" * 70, "UCS-2", 70, 1),
        ("¥1,000です", "UCS-2", 8, 1),
    ],
)
def test_segments_at_the_borders(text: str, encoding: str, units: int, count: int) -> None:
    segments = count_segments(text)

    assert (segments.encoding, segments.units, segments.count) == (encoding, units, count)


def test_every_character_of_the_alphabet_is_known() -> None:
    assert len(GSM_7) == 127  # the 128th is the escape
    for text, units in ((GSM_7, 127), (EXTENSION, 2 * len(EXTENSION))):
        assert (count_segments(text).encoding, count_segments(text).units) == ("GSM-7", units)


@given(st.text(alphabet=GSM_7 + EXTENSION, max_size=700))
def test_gsm_7_counts_septets_and_never_fewer_segments_than_fit(text: str) -> None:
    segments = count_segments(text)

    assert segments.encoding == "GSM-7"
    assert segments.units == len(text) + sum(text.count(mark) for mark in EXTENSION)
    assert segments.count == 1 if segments.units <= 160 else -(-segments.units // 153) <= segments.count
    assert segments.count <= 1 + segments.units // 152


@given(st.text(max_size=700).map(lambda text: text + "漢"))
def test_ucs_2_counts_utf_16_units(text: str) -> None:
    segments = count_segments(text)

    assert segments.encoding == "UCS-2"
    assert segments.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert segments.count == 1 if segments.units <= 70 else -(-segments.units // 67) <= segments.count


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_longer_text_never_has_fewer_segments(text: str, more: str) -> None:
    assert count_segments(text + more).count >= count_segments(text).count
