"""A door as a real process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import requests

from shortlink.config import Settings

PATIENCE = 20.0


class Door:
    """One served door, its port and its worker processes; `{url}` in a variable stands for its own address."""

    def __init__(self, settings: Settings, *arguments: str, module: str = "shortlink.web", **variables: str) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        own = {name: value.format(url=self.url) for name, value in variables.items()}
        self.environment = {
            **os.environ,
            "SHORTLINK_REDIS_URL": settings.redis_url,
            "SHORTLINK_SECRET_KEY": settings.secret_key,
            **own,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(self.port), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]
