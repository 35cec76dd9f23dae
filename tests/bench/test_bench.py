"""The bench itself: that it still measures what it says. No figure is judged here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.agents import COMMON, mixed_agents
from bench.connection import BadAnswer, whole_message
from bench.figures import FIGURES, SEPARATE, dashboard
from bench.load import ClosedLoad, LoadResult, note
from bench.report import table
from bench.run import Aim, Check, Finding, Measure
from bench.traffic import TEXT_CHARACTERS, text_of
from shortlink.domain.agents import AgentKind, recognise

# The others are made of the same parts. Accepting comes last: it leaves thousands of messages to be delivered, and the
# callbacks would wait for them, since a quick run's figures share a rig.
QUICK = ("redirect", "callback", "memory", "accept")


@pytest.mark.timeout(240)
def test_a_quick_run_produces_its_figures_and_loses_no_click(tmp_path: Path) -> None:
    written = tmp_path / "figures" / "bench.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--json", str(written), *(f"--only={name}" for name in QUICK)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "A quick run, to see that it works: its rates mean little" in run.stdout
    figures = json.loads(written.read_text())["figures"]
    assert tuple(figures) == QUICK
    for figure in figures.values():
        assert figure["measures"]
        for measure in figure["measures"]:
            # Processor time is counted in steps of 10 ms, and a short slice on a busy machine may see no answer.
            assert measure["value"] > 0 or measure["unit"] in ("µs", "/s", "bytes"), measure
            assert measure["name"] in run.stdout
    checks = {check["name"]: check for figure in figures.values() for check in figure["checks"]}
    assert checks["clicks stored = redirects served"]["holds"], checks
    assert checks["one callback a first click"]["holds"], checks


def test_every_page_of_the_dashboard_can_be_measured(tmp_path: Path) -> None:
    written = tmp_path / "bench.json"
    assert main(["--quick", "--only", "dashboard", "--json", str(written)]) == 0
    measured = json.loads(written.read_text())["figures"]["dashboard"]["measures"]
    assert len(measured) == len(dashboard.PAGES) + 1  # and a message
    assert all(measure["value"] > 0 for measure in measured)


def test_taps_are_measured_without_nginx_where_it_is_not_and_the_bench_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.nginx._NEEDED", (tmp_path / "ngx_http_lua_module.so",))
    monkeypatch.setattr("shutil.which", {"nginx": "/usr/sbin/nginx", "wrk": shutil.which("wrk")}.get)
    written = tmp_path / "bench.json"
    assert main(["--quick", "--only", "redirect", "--json", str(written)]) == 0
    word = f"nginx with Lua beside taps, as {tmp_path}/ngx_http_lua_module.so is not installed"
    assert f"left out: {word}\n" in capsys.readouterr().out
    figure = json.loads(written.read_text())["figures"]["redirect"]
    taps = figure["measures"][0]
    assert (taps["name"], taps["value"] > 0, "ratio" in taps) == ("taps, 64 connections", True, False)
    assert word in json.loads(written.read_text())["figures"]["redirect"]["left_out"]


def test_a_file_that_cannot_be_written_is_named_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for wrong, reason in ((tmp_path, "Is a directory"), (tmp_path / "file" / "bench.json", "File exists")):
        with pytest.raises(SystemExit):
            main(["--quick", "--only", "generator", "--json", str(wrong)])
        said = capsys.readouterr()
        assert (said.out, said.err.splitlines()[-1].endswith(f"{wrong} cannot be written: {reason}")) == ("", True)


def test_the_figures_that_the_page_lists_are_those_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "bench/README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([a-z][a-z-]*)` \|", page, re.MULTILINE)) == sorted(FIGURES | SEPARATE)


def test_an_aim_with_a_baseline_is_for_the_ratio() -> None:
    aim = Aim(bound=0.4, at_least=True)
    measures = [
        Measure(name="reached", value=500, unit="/s", baseline=1000, aim=aim),
        Measure(name="not reached", value=300, unit="/s", baseline=1000, aim=aim),
        Measure(name="small enough", value=90, unit="ms", aim=Aim(bound=100, at_least=False)),
    ]
    lines = table({"one": Finding(measures=measures)}).splitlines()[2:]
    assert [line.split("  ")[-1].strip() for line in lines] == ["met", "missed by 25%", "met"]


def test_a_check_that_does_not_hold_stands_out() -> None:
    check = Check(name="all there", holds=False, seen="1 of 2")
    assert "all there: NO (1 of 2)" in table({"one": Finding(checks=[check])})


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-le", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b", True),
    ],
)
def test_a_message_ends_where_its_length_says(received: bytes, whole: bool) -> None:
    assert whole_message(received) is whole


def test_an_answer_of_unknown_length_is_refused() -> None:
    with pytest.raises(BadAnswer):
        whole_message(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_every_text_has_the_length_that_the_figures_speak_of() -> None:
    texts = {text_of(number) for number in (0, 1, 123, 9_999_999)}
    assert {len(text) for text in texts} == {TEXT_CHARACTERS}
    assert len(texts) == 4


def test_a_tap_that_is_turned_away_is_counted_and_nothing_else_is_put_up_with() -> None:
    load, result = ClosedLoad(port=1, requests=[], expected=302, turned_away=503), LoadResult()
    for number, status in enumerate((302, 503, 302)):
        note(load, result, number, b"HTTP/1.1 %d X\r\n\r\n" % status, 1.5)
    assert (result.answer_ms, result.turned_away) == ([1.5, 1.5], [1])
    with pytest.raises(BadAnswer):
        note(load, result, 3, b"HTTP/1.1 404 X\r\n\r\n", 1.5)


def test_three_of_ten_taps_come_from_agents_that_no_other_tap_has() -> None:
    times = Counter(mixed_agents())
    once = sum(count == 1 for count in times.values())
    assert 0.28 < once / len(mixed_agents()) < 0.32
    assert len(times) - once <= COMMON
    assert {recognise(agent)[0] for agent in times} == {AgentKind.BROWSER}
