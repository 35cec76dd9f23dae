"""The files in deploy/ ask for figures that are there, and say what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PROMTOOL = shutil.which("promtool")
ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
TABLE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
DOCUMENTED = set(re.findall(r"^\| `(shortlink_\w+)`", TABLE, re.MULTILINE))
OTHERS = {"shortlink-public"}  # jobs, not figures
ALERTS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def figures(expression: str) -> set[str]:
    """Name the figures that an expression asks for; of a histogram, its own name."""
    found = set(re.findall(r"\b(shortlink_\w+)", expression))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in found}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_asks_for_figures_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert figures(rule["expr"]) <= DOCUMENTED
    assert figures(rule["expr"]) or re.search(r"\b(up|probe_\w+)\b", rule["expr"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert {"summary", "action"} == set(rule["annotations"])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_each_panel_asks_for_figures_that_exist(panel: dict[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        assert figures(target["expr"])
        assert figures(target["expr"]) <= DOCUMENTED


def test_every_bracket_of_an_expression_is_closed() -> None:
    for expression in [rule["expr"] for rule in ALERTS] + [one["expr"] for panel in PANELS for one in panel["targets"]]:
        for opening, closing in ("()", "[]", "{}"):
            assert expression.count(opening) == expression.count(closing), expression


def test_labels_have_values_that_exist() -> None:
    values = set(re.findall(r"`([a-z]+)`", TABLE))
    text = (DEPLOY / "alerts.yml").read_text() + json.dumps(DASHBOARD).replace('\\"', '"')
    assert set(re.findall(r'\b(?:state|what|kind|result|verdict)!?="([a-z]+)"', text)) <= values


def test_the_configuration_reads_the_rules_and_scrapes_the_door() -> None:
    configuration = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    assert configuration["rule_files"] == ["alerts.yml"]
    scraped = {one["job_name"]: one["static_configs"][0]["targets"] for one in configuration["scrape_configs"]}
    assert scraped["shortlink"] == ["127.0.0.1:8000"]
    assert set(scraped) == {"shortlink", *OTHERS}


def test_every_alert_is_tried_out() -> None:
    _, troubled, _ = yaml.safe_load((DEPLOY / "alerts.test.yml").read_text())["tests"]
    tried = {one["labels"] for one in troubled["promql_expr_test"][0]["exp_samples"]}
    assert tried == {f'{{alertname="{rule["alert"]}"}}' for rule in ALERTS}


# Prometheus is no part of an installation; .ci/run fetches its tool where Debian's packages can be had.
@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus has it)")
def test_prometheus_itself_finds_the_rules_right_and_each_alert_fires() -> None:
    ended = subprocess.run(
        [str(PROMTOOL), "test", "rules", "alerts.test.yml"], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = subprocess.run(
        [str(PROMTOOL), "check", "config", "prometheus.yml"], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
