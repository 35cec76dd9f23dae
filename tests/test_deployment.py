"""The files that start the processes elsewhere: nothing runs as root, nothing is open, nothing is misspelt."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shortlink.config import Settings
from shortlink.web.xoxzo.batch import MAX_BATCH_BODY
from worker.pair import WRONG_SETTINGS

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROXY = re.findall(r"^```nginx\n(.+?)^```", (ROOT / "docs/deployment.md").read_text(), re.MULTILINE | re.DOTALL)
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def _module(command: list[str]) -> str:
    return command[command.index("-m") + 1]


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_tells_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_ports_are_published_to_this_machine_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_store_keeps_its_data_and_is_reached_from_inside_alone() -> None:
    store = SERVICES["store"]
    assert store["command"][:3] == ["valkey-server", "--appendonly", "yes"]
    assert store["volumes"] == ["store:/data"]
    assert store["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("door", ["web", "redirect"])
def test_doors_keep_the_clicks_that_come_while_the_store_is_away(door: str) -> None:
    spool = SERVICES[door]["environment"]["SHORTLINK_SPOOL_DIR"]
    assert f"spool:{spool}" in SERVICES[door]["volumes"]
    assert spool in next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if "install -d" in line)


def test_every_setting_in_the_compose_file_exists() -> None:
    known = {spec.metadata["env"] for spec in fields(Settings)}
    assert set(SERVICES["web"]["environment"]) - known == set()


def test_secrets_have_no_default() -> None:
    given = SERVICES["web"]["environment"]
    secrets = ["SHORTLINK_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]
    assert [name for name in secrets if not re.fullmatch(rf"\$\{{{name}:\?.+\}}", given[name])] == []


def test_the_units_run_every_process_and_give_each_the_time_to_finish() -> None:
    unit = (ROOT / "deploy/systemd/shortlink@.service").read_text()
    page = (ROOT / "docs/deployment.md").read_text()
    enabled = set(re.findall(r"shortlink@([\w.]+)", page.partition("systemctl enable --now shortlink@")[2][:300]))
    assert enabled | {"worker.recorder"} == {_module(shlex.split(line)) for line in PROCFILE.values()}
    seconds = int(re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[0])
    assert seconds == int(SERVICES["web"]["stop_grace_period"].removesuffix("s"))
    assert f"RestartPreventExitStatus={WRONG_SETTINGS}" in unit


def test_the_environment_file_of_the_page_names_settings_that_exist() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    written = page.partition("cat > /etc/shortlink/env <<END\n")[2].partition("\nEND\n")[0]
    given = dict(line.split("=", 1) for line in written.splitlines())
    assert set(given) <= {spec.metadata["env"] for spec in fields(Settings)}
    needed = {name for name, value in SERVICES["web"]["environment"].items() if not re.search(":-", value)}
    assert needed <= set(given)


# macOS and most containers have no systemd, and nothing of an installation needs it: the units are for others.
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for file in (ROOT / "deploy/systemd").iterdir():
        text = file.read_text().replace("/opt/shortlink/bin/python", sys.executable)
        (tmp_path / file.name.replace("@", "@worker.recorder")).write_text(text)
    units = [str(file) for file in tmp_path.iterdir()]
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_every_started_module_exists() -> None:
    started = {_module(shlex.split(line)) for line in PROCFILE.values()}
    started |= {_module(service["command"]) for service in SERVICES.values() if "-m" in service["command"]}
    assert started == {
        "shortlink.web",
        "shortlink.redirect",
        "worker",
        "worker.dispatcher",
        "worker.recorder",
        "worker.webhooks",
    }
    assert all(importlib.util.find_spec(name) for name in started)


def test_the_proxy_of_the_example_lets_the_largest_batch_through() -> None:
    [example] = PROXY
    [mebibytes] = re.findall(r"client_max_body_size (\d+)m;", example.partition("\nserver {")[0])
    assert int(mebibytes) * 2**20 > MAX_BATCH_BODY


def test_the_proxy_of_the_example_keeps_the_metrics_to_itself_in_both_spellings() -> None:
    [example] = PROXY
    assert re.findall(r"location (.+) \{ return 404; \}", example) == ["= /metrics", "= /metrics/"]


def test_the_image_ends_as_an_ordinary_user() -> None:
    users = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]


def test_the_locks_name_no_place_to_download_from() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search(
            r"^\s*(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)|://", lock.read_text(), re.MULTILINE
        )


def test_both_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    everything, runtime = pins("requirements.lock"), pins("requirements-runtime.lock")
    assert len(runtime) > 30
    assert runtime.items() <= everything.items()


@pytest.mark.parametrize("python", ["3.11.2", "3.12.0", "3.13.0"])
def test_the_locks_hold_what_every_supported_python_needs(python: str) -> None:
    """A lock is made on one Python and lacks what its packages need on others alone; 3.11.2 is Debian 12's."""
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements-runtime.lock").read_text(), re.MULTILINE))
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0], "extra": ""}
    needed = {
        canonicalize_name(requirement.name)
        for name in locked
        for requirement in map(Requirement, distribution(name).requires or ())
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }
    assert needed - locked == set()
