"""Log files: one table of columns drives every form, and nothing that people wrote breaks out of its cell."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from shortlink.dialects.log_forms import FORMS, write_csv, write_csv_with_header, write_json, write_xml
from shortlink.dialects.log_names import date_of, day_of, file_name, read_file_name
from shortlink.dialects.logs import LOGS, Cell, LogType
from shortlink.domain.click import Verdict
from shortlink.domain.event import Event, EventType

PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
RESPONSES = LOGS[LogType.RESPONSES]


def event(type_: EventType = EventType.MESSAGE_RECEIVED, **data: object) -> Event:
    return Event(
        id="a1-0",
        type=type_,
        at=1_795_301_764_551,
        account="SL1",
        recipient="+818011234567",
        sender="12345",
        tags=("spring", "tokyo"),
        data=data,
    )


def cells(text: object) -> list[Cell]:
    return RESPONSES.row(event(text=text, keyword=""))


def test_a_row_has_a_cell_for_each_column() -> None:
    for log in LOGS.values():
        for type_ in log.events:
            assert len(log.row(event(type_))) == len(log.columns)


def test_logs_of_hits_name_every_verdict_that_can_stand_in_them() -> None:
    clicks, opens = (
        next(column.meaning for column in LOGS[log].columns if column.name == "verdict")
        for log in (LogType.CLICKS, LogType.OPENS)
    )
    for verdict in Verdict:
        word = f"`{verdict.name.lower()}`"
        assert (word in clicks) is (verdict in {Verdict.HUMAN, Verdict.UNKNOWN}), word
        assert (word in opens) is (verdict is not Verdict.HUMAN), word


def test_the_forms_tell_the_same() -> None:
    rows = [cells('Hello, "you"\nthere'), cells("<b>&amp;")]
    plain = "".join(write_csv(RESPONSES, rows))
    headed = "".join(write_csv_with_header(RESPONSES, rows))
    names = [column.name for column in RESPONSES.columns]
    assert headed == ",".join(names) + "\r\n" + plain
    table = [dict(row) for row in csv.DictReader(io.StringIO(headed, newline=""))]
    objects = json.loads("".join(write_json(RESPONSES, rows)))
    root = ElementTree.fromstring("".join(write_xml(RESPONSES, rows)))
    elements = [{cell.tag: cell.text for cell in one} for one in root]
    for one, other, third in zip(table, objects, elements, strict=True):
        assert one == {name: "" if value is None else value for name, value in other.items()}
        assert {name: value for name, value in one.items() if value} == third


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_log_is_well_formed(form: str) -> None:
    text = "".join(FORMS[form][1](RESPONSES, []))
    if form == "json":
        assert json.loads(text) == []
    elif form == "xml":
        assert len(ElementTree.fromstring(text)) == 0
    else:
        assert text in ("", ",".join(column.name for column in RESPONSES.columns) + "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        " =1",
        "\u3000＝1",
        "\xa0 @A1",
    ],
)
def test_what_people_wrote_is_no_formula(text: str) -> None:
    [row] = csv.reader(io.StringIO("".join(write_csv(RESPONSES, [cells(text)])), newline=""))
    assert row[[column.name for column in RESPONSES.columns].index("text")] == "'" + text


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_spreadsheet_with_another_separator_makes_no_formula_of_a_cell_either(separator: str) -> None:
    written = "".join(write_csv(RESPONSES, [cells(f'hi{separator}=1+1{separator}"x"')]))
    assert f'"hi{separator}=1+1{separator}""x"""' in written


@pytest.mark.parametrize("text", ["a=1", " hello", "1-2", "\u3000はい", ""])
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    [row] = csv.reader(io.StringIO("".join(write_csv(RESPONSES, [cells(text)])), newline=""))
    assert row[[column.name for column in RESPONSES.columns].index("text")] == text


def test_a_number_stays_a_number() -> None:
    [row] = csv.reader(io.StringIO("".join(write_csv(RESPONSES, [cells("hello")])), newline=""))
    assert "+818011234567" in row


@pytest.mark.parametrize("text", ["\x00\x01\x0b\x1f", "\ud800", "\ufffe", "]]>", "<!--", "&#0;"])
def test_xml_stays_well_formed_whatever_people_wrote(text: str) -> None:
    written = "".join(write_xml(RESPONSES, [cells(text)]))
    root = ElementTree.fromstring(written.encode())
    assert len(root) == 1


def test_line_breaks_come_out_of_xml_as_they_went_in() -> None:
    text = "one\r\ntwo\rthree\nfour\tfive"
    root = ElementTree.fromstring("".join(write_xml(RESPONSES, [cells(text)])))
    assert root.findtext("entry/text") == text


def test_names_are_read_as_they_are_written() -> None:
    for type_ in LogType:
        assert read_file_name(file_name(type_, 20_000)) == (LOGS[type_], 20_000)
    assert (date_of(0), day_of("1970-01-02")) == ("1970-01-01", 1)


@pytest.mark.parametrize(
    "name", ["", "clicks", "clicks.log", "clicks.2026-02-30.log", "clicks.2026-1-2.log", "taps.2026-01-02.log", "../x"]
)
def test_other_names_are_no_logs(name: str) -> None:
    assert read_file_name(name) is None


def test_every_event_that_a_webhook_can_tell_is_in_a_log() -> None:
    assert {type_ for log in LOGS.values() for type_ in log.events} == set(EventType)


def test_the_page_shows_every_log_with_its_columns() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for log in LOGS.values():
        section = page.split(f"\n### {log.type.value}\n")[1].split("\n##")[0]
        assert log.meaning in section
        assert re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", section, re.MULTILINE) == [
            (column.name, column.meaning) for column in log.columns
        ]
